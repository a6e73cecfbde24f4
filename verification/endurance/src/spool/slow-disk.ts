import { begun } from "./begun.js";

/** A program with a spool whose disk takes fewer bytes than its events have. */
export interface SlowDisk {
  readonly bytesPerSecond: number;
  readonly eventsPerSecond: number;
  readonly seconds: number;
}

export interface SlowDiskSeen {
  readonly offered: number;
  readonly refused: number;
  /** `health()` has said so. */
  readonly isSlow: boolean;
  readonly settled: number;
  readonly notSettled: number;
  /** How long the event loop was held. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** So long the event loop may be held. */
const MOST_MS = 20;

export async function spoolOnSlowDisk(
  setup: SlowDisk,
): Promise<{ readonly seen: SlowDiskSeen; readonly wrong: readonly string[] }> {
  const { child, lines } = begun("slow-disk-program.ts", setup);
  try {
    const seen = JSON.parse((await lines.next()).value ?? "null") as SlowDiskSeen | null;
    if (seen === null) throw new Error("the program with the slow disk has ended");
    return { seen, wrong: [...wrongsOf(seen)] };
  } finally {
    child.kill("SIGKILL");
  }
}

function* wrongsOf({
  offered,
  refused,
  isSlow,
  settled,
  notSettled,
  maxMs,
}: SlowDiskSeen): Generator<string> {
  if (maxMs > MOST_MS) yield `the event loop was held for ${maxMs.toFixed(1)} ms`;
  if (!isSlow) yield "health() never said that the disk is slow";
  if (settled + refused !== offered || notSettled > 0)
    yield `${offered} offered, ${refused} refused, ${settled} settled, ${notSettled} not`;
}
