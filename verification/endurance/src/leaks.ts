import { fork } from "node:child_process";
import { once } from "node:events";
import type { Broker } from "@streamll/brokers";
import { FaultProxy } from "@streamll/harness";
import { built } from "@streamll/programs";

/** What a program holds after a forced collection. */
export interface Remains {
  /** Sinks stopped, or connections lost, by then. */
  readonly done: number;
  readonly heapBytes: number;
  /** Open files, which sockets are too. */
  readonly files: number;
  /** Of libuv, those that are unreferenced among them. */
  readonly handles: number;
  /** Of the process. */
  readonly listeners: number;
  readonly rssBytes: number;
}

/** For each that was done: a sink that is still held takes kilobytes. */
const HEAP_BYTES_EACH = 200;
/** What the engine of JavaScript itself adds, such as compiled code. */
const HEAP_SLACK_BYTES = 1.5e6;

/** What is left more than before, each in words. The first tenth is for warming up. */
export function leaksIn(samples: readonly Remains[]): string[] {
  const [before, after] = warmAndLast(samples);
  const found: string[] = [];
  for (const what of ["files", "handles", "listeners"] as const) {
    if (after[what] > before[what])
      found.push(`${after[what] - before[what]} ${what} more after ${after.done} than after ${before.done}`);
  }
  const growth = after.heapBytes - before.heapBytes;
  const most = HEAP_SLACK_BYTES + HEAP_BYTES_EACH * (after.done - before.done);
  if (growth > most)
    found.push(
      `the heap grew by ${growth} bytes from ${before.done} to ${after.done}, ${most} at most are allowed`,
    );
  return found;
}

export function warmAndLast(samples: readonly Remains[]): readonly [Remains, Remains] {
  const last = samples.at(-1);
  const warm = last && samples.find(({ done }) => done >= last.done / 10);
  if (last === undefined || warm === undefined || warm === last)
    throw new RangeError("there is too little to compare");
  return [warm, last];
}

/** Runs the program that would show them. */
export async function runForLeaks(
  { url }: Pick<Broker, "url">,
  what: "sinks" | "reconnects",
  times: number,
  progress: (remains: Remains) => void,
): Promise<Remains[]> {
  await using proxy = await FaultProxy.to(url);
  const samples: Remains[] = [];
  const program = fork(built(new URL("leak-program.ts", import.meta.url)), [what, proxy.url, `${times}`], {
    execArgv: ["--unhandled-rejections=strict", "--expose-gc"],
  });
  program.on("message", (said: "reset" | Remains) => {
    if (said === "reset") return proxy.reset();
    samples.push(said);
    progress(said);
  });
  const [code] = (await once(program, "close")) as [number | null];
  if (code !== 0) throw new Error(`the program ended with ${code}`);
  return samples;
}
