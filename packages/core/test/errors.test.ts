import { readFileSync } from "node:fs";
import {
  ConfigurationError,
  DeliveryError,
  deliveryErrorCodes,
  InvalidEventError,
  type StreamllError,
  TransportError,
  TransportNotInstalledError,
  transportErrorKinds,
} from "@streamll/core";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

const everyError: readonly StreamllError[] = [
  new ConfigurationError([{ option: "batchSize", message: "is 0" }]),
  new TransportNotInstalledError("@streamll/transport-amqp091", "amqp:"),
  new InvalidEventError("event_type", "is missing"),
  ...deliveryErrorCodes.map((code) => new DeliveryError(code, "")),
  ...transportErrorKinds.map((kind) => new TransportError(kind, "")),
];

describe("the page of errors", () => {
  const sections = read("docs/errors.md").split(/^## /m);
  const ofConsuming = sections.filter((section) => section.startsWith("What became of a message"));
  const ofErrors = sections.filter((section) => !ofConsuming.includes(section));
  const documented = (parts: readonly string[]) =>
    [...parts.join("").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);

  it("lists every code, once, and no other", () => {
    const codes = [...everyError.map(({ code }) => code), "JOURNAL_UNUSABLE", "SPOOL_UNWRITABLE"];
    expect(documented(ofErrors).toSorted()).toEqual(codes.toSorted());
  });

  it("lists what the consuming engine calls a failed try, once", () => {
    const source = read("packages/core/src/consuming/failure-words.ts");
    const named = [...source.matchAll(/return "([A-Z_]+)"/g)].map(([, code]) => code);
    const listed = documented(ofConsuming);
    expect(named.length).toBeGreaterThan(2);
    expect(listed).toEqual(expect.arrayContaining(named));
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("covers every class", () => {
    const classes = [...read("packages/core/src/errors.ts").matchAll(/class (\w+) extends StreamllError/g)];
    expect(new Set(everyError.map(({ name }) => name))).toEqual(new Set(classes.map(([, name]) => name)));
  });
});

describe("an error", () => {
  it("has its name also where a bundler has renamed its class", () => {
    const { name } = TransportError;
    try {
      Object.defineProperty(TransportError, "name", { value: "t", configurable: true });
      expect(new TransportError("auth", "").name).toBe("TransportError");
    } finally {
      Object.defineProperty(TransportError, "name", { value: name, configurable: true });
    }
  });

  it("keeps its cause", () => {
    const cause = new Error("of the socket");
    expect(new TransportError("unreachable", "no broker", { cause }).cause).toBe(cause);
  });

  it("lists every problem of the options", () => {
    const error = new ConfigurationError([
      { option: "batchSize", message: "is 0" },
      { option: "exchange", message: "is too long" },
    ]);
    expect(error.message).toBe("2 problems:\n  batchSize: is 0\n  exchange: is too long");
  });

  it("names the package to install", () => {
    expect(new TransportNotInstalledError("@streamll/transport-amqp091", "amqp:").message).toContain(
      "npm install @streamll/transport-amqp091",
    );
  });
});
