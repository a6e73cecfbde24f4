import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Endpoint, TransportOptions } from "@streamll/core";
import type { Bench } from "./bench.js";
import { plainOptions } from "./bench.js";
import { BrokenRuleError } from "./rules.js";

/** What the program is told. */
export interface AloneOrder {
  readonly module: string;
  readonly factory: string;
  readonly endpoint: Endpoint;
  readonly options: Omit<TransportOptions, "logger">;
  readonly messageId: string;
  /** For how long it may live on once it is idle. */
  readonly waitMs: number;
}

interface Told {
  readonly reached?: "idle";
  readonly failed?: string;
  readonly holding?: readonly string[];
}

/** To load it takes longer than any broker. */
const LOADING_MS = 30_000;

/** Sees whether a process that has nothing but one idle connection ends by itself. */
export async function checkAlone(bench: Bench): Promise<void> {
  const { module, factory, options, execArgv = [] } = bench.alone;
  const { logger: _, ...plain } = plainOptions;
  const order: AloneOrder = {
    module: String(module),
    factory,
    endpoint: bench.endpoint,
    options: { ...plain, ...options },
    messageId: bench.message().messageId,
    waitMs: bench.timeoutMs,
  };
  const told = await run([...execArgv, program(), JSON.stringify(order)], LOADING_MS + 2 * bench.timeoutMs);
  if (told.holding !== undefined) {
    const list = told.holding.join(", ");
    throw new BrokenRuleError(
      "holds-nothing",
      `A process of its own, connected and idle, still ran after ${bench.timeoutMs} ms, kept alive by: ${list || "what Node does not name"}.`,
    );
  }
  if (told.reached === undefined)
    throw new Error(`alone: the factory ${factory} of ${order.module} came to nothing: ${told.failed}`);
}

/** Beside this module, built or not. */
function program(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`./alone-program.${extension}`, import.meta.url));
}

/** Runs Node until it ends, or has told what holds it. */
function run(args: readonly string[], timeoutMs: number): Promise<Told> {
  return new Promise((resolve) => {
    let told: Told = {};
    let rest = "";
    // Its environment is not that of a test: a worker's NODE_OPTIONS hold what belongs to the runner.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = execFile(process.execPath, args, { timeout: timeoutMs, env }, (error, _stdout, stderr) => {
      if (error && told.holding === undefined) told = { failed: stderr.trim() || String(error), ...told };
      resolve(told);
    });
    child.stdout?.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines.filter((one) => one.startsWith("{"))) told = { ...told, ...JSON.parse(line) };
      if (told.holding !== undefined) child.kill("SIGKILL");
    });
  });
}
