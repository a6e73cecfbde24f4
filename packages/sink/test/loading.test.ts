import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Runs a program from source and gives its output and every script that was loaded: V8's coverage lists them all. */
async function run(program: string): Promise<{ output: string; modules: string[] }> {
  const coverage = await mkdtemp(join(tmpdir(), "streamll-loading-"));
  try {
    const file = fileURLToPath(new URL(`programs/${program}.ts`, import.meta.url));
    const env = {
      ...process.env,
      NODE_V8_COVERAGE: coverage,
      TSX_TSCONFIG_PATH: join(root, "tsconfig.json"),
    };
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", tsx, file], {
      cwd: root,
      env,
    });
    const modules: string[] = [];
    for (const name of await readdir(coverage)) {
      const { result } = JSON.parse(await readFile(join(coverage, name), "utf8")) as {
        result: { url: string }[];
      };
      modules.push(...result.map(({ url }) => url));
    }
    return { output: stdout.trim(), modules };
  } finally {
    await rm(coverage, { recursive: true });
  }
}

const has = (modules: readonly string[], part: string) => modules.some((url) => url.includes(part));

/** Of transports and of their clients, all but the descriptions that the sink has built in. */
const ofTransports = (modules: readonly string[]): string[] =>
  modules.filter(
    (url) => /packages\/transport-|amqplib|rhea|node_modules\/.*rabbitmq/.test(url) && !isBuiltIn(url),
  );

const isBuiltIn = (url: string): boolean =>
  /transport-\w+\/src\/(description|options|stream-topology|stream-arguments|azure\/(configure|options))\.ts$/.test(
    url,
  ) || /transport-pubsub\/src\/(configure|names|auth\/key)\.ts$/.test(url);

describe("what a sink loads", { timeout: 120_000 }, () => {
  it("is no transport and no broker client before one is used", async () => {
    const { modules } = await run("idle");
    expect(has(modules, "packages/sink/src/broker-sink.ts")).toBe(true);
    expect(has(modules, "packages/core/src/")).toBe(true);
    expect(ofTransports(modules)).toEqual([]);
  });

  it("is amqplib once it connects to RabbitMQ, and nothing of the others", async () => {
    const { modules } = await run("amqp");
    expect(has(modules, "packages/transport-amqp091/src/")).toBe(true);
    expect(has(modules, "/amqplib/")).toBe(true);
    expect(ofTransports(modules).filter((url) => !/transport-(amqp091|kit)|amqplib/.test(url))).toEqual([]);
  });

  it("is the in-process broker for memory:", async () => {
    const { modules } = await run("memory");
    expect(has(modules, "packages/transport-memory/src/")).toBe(true);
    expect(has(modules, "/amqplib/")).toBe(false);
  });

  it("is named when it is not installed", async () => {
    const { output } = await run("missing");
    const install = "npm install @streamll/transport-nowhere";
    expect(output).toMatch(/^TRANSPORT_NOT_INSTALLED: /);
    expect(output).toContain(install);
  });
});
