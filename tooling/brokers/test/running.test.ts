import { spawn } from "node:child_process";
import { once } from "node:events";
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

  it("are for one at a time", async () => {
    const release = await claim();
    expect(release).toBeTypeOf("function");
    expect(await claim()).toBeUndefined();
    await release?.();
    const again = await claim();
    expect(again).toBeTypeOf("function");
    await again?.();
  });

  it("go to one alone of those who ask at the same time", async () => {
    const claims = await Promise.all([claim(), claim(), claim()]);
    const held = claims.filter((release) => release !== undefined);
    expect(held).toHaveLength(1);
    await held[0]?.();
  });

  it("are free again when the process that had them has died", { timeout: 60_000 }, async () => {
    const script = `
      const { claim } = await import(${JSON.stringify(import.meta.resolve("../src/running.ts"))});
      console.log(typeof await claim());
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    const [said] = await once(owner.stdout, "data");
    expect(String(said)).toBe("function\n");
    expect(await claim()).toBeUndefined();
    owner.kill("SIGKILL");
    await vi.waitFor(async () => {
      const release = await claim();
      expect(release).toBeTypeOf("function");
      await release?.();
    }, 10_000);
  });

  it("are withdrawn", () => {
    announce([gone])();
    expect(existsSync(join(home, "streamll/brokers.json"))).toBe(false);
  });
});
