import { silentLogger, type TransportOptions } from "@streamll/core";
import { resolveOptions } from "@streamll/core/options";
import { describe, expect, it } from "vitest";
import { connectionTable } from "../src/options/connection-table.js";
import { builtInTransports } from "../src/transport/registry.js";

const loadable = builtInTransports.filter(({ load }) => load !== undefined);

const options: TransportOptions = {
  confirms: true,
  message: { exchange: "x", contentType: "text/plain", appId: "a", persistent: true, mandatory: false },
  topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
  connectionTimeoutMs: 1000,
  heartbeatMs: 0,
  connectionName: "test",
  own: {},
  logger: silentLogger,
};

describe.each(loadable)("the built-in transport $name", ({ load, packageName, ...description }) => {
  it("loads a factory that describes itself as the sink was told", async () => {
    const factory = await load!();
    for (const key of ["schemes", "tlsSchemes", "ports", "query", "capabilities", "unsupported"] as const)
      expect(factory[key]).toEqual(description[key]);
    expect(Object.keys(factory.options ?? {})).toEqual(Object.keys(description.options ?? {}));
  });

  it("makes a transport with the capabilities and the name of its description", async () => {
    const own = resolveOptions(description.options ?? {});
    const transport = (await load!()).create({ ...options, own }, []);
    expect(transport.name).toBe(description.name);
    expect(transport.capabilities).toEqual(description.capabilities);
  });

  it("is made without confirms and deduplication where the options leave them out", async () => {
    const own = resolveOptions(description.options ?? {});
    const transport = (await load!()).create({ ...options, own, confirms: false, publisherName: false }, []);
    expect(transport.capabilities).toMatchObject({ confirms: false, deduplication: false });
  });
});

it("no option of a transport has the name of another, or of a shared one", () => {
  const names = builtInTransports.flatMap(({ options: own = {} }) => Object.keys(own));
  expect(names.length).toBeGreaterThan(5);
  const all = [...names, ...Object.keys(connectionTable)];
  expect(new Set(all).size).toBe(all.length);
});
