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
  /** How long calls of the disk have held up one turn of the event loop, at most. */
  readonly diskMs: number;
  /** How long the event loop was held, by whatever runs on the machine. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** So long the disk may hold the event loop, and so long it may be held but for one time in a hundred. */
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
  diskMs,
  p99Ms,
}: SlowDiskSeen): Generator<string> {
  if (diskMs > MOST_MS) yield `the disk held the event loop for ${diskMs.toFixed(1)} ms`;
  if (p99Ms > MOST_MS) yield `the event loop was held for ${p99Ms.toFixed(1)} ms at the 99th percentile`;
  if (!isSlow) yield "health() never said that the disk is slow";
  if (settled + refused !== offered || notSettled > 0)
    yield `${offered} offered, ${refused} refused, ${settled} settled, ${notSettled} not`;
}
