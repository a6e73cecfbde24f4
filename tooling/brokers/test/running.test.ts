import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { announce, claim, runningBrokers } from "../src/running.js";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "streamll-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const ports = { amqp: 1, amqps: 1, management: 1, stream: 1, distribution: 1, epmd: 1 };
const gone = { version: "4.0.5", node: { engine: "debian", release: "trixie", folder: "gone", ports } };

describe("brokers that were left running", () => {
  it("are none where none were announced", async () => {
    expect(await runningBrokers()).toBeUndefined();
  });

  it("are none where those that were announced do not answer", async () => {
    announce([gone]);
    expect(await runningBrokers()).toBeUndefined();
  });

  it("are none where the list is torn", async () => {
    announce([gone]);
    writeFileSync(join(home, "streamll/brokers.json"), '[{"version":');
    expect(await runningBrokers()).toBeUndefined();
  });

  it("are for one process at a time", () => {
    const release = claim();
    expect(release).toBeTypeOf("function");
    expect(claim()).toBeUndefined();
    release?.();
    expect(claim()).toBeTypeOf("function");
  });

  it("are free again when the process that had them has died", () => {
    const noProcess = 2 ** 22 + 1;
    announce([gone]);
    writeFileSync(join(home, "streamll/brokers.claim"), String(noProcess));
    expect(claim()).toBeTypeOf("function");
  });

  it("are withdrawn", () => {
    announce([gone])();
    expect(existsSync(join(home, "streamll/brokers.json"))).toBe(false);
  });
});
