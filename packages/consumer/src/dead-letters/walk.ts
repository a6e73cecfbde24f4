import type { Consuming, Endpoint, Transport } from "@streamll/core";
import { type Clock, Relay } from "@streamll/core/internal";
import { isWorn, moved, type ReplayTarget } from "./replayed.js";
import { type Incomplete, LARGEST_WINDOW, Scan } from "./scan.js";
import { type Letter, letterOf } from "./selection.js";

/** Letters that are worked on together. */
export const CHUNK = 256;
const CLOSING_MS = 5000;

/** A queue of dead letters, and the way to it. */
export interface Place {
  readonly queue: string;
  readonly consuming: Consuming;
  readonly connect: Transport["connect"];
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly connectionTimeoutMs: number;
  /** Of the queue, where it is a quorum queue; 0: none. */
  readonly deliveryLimit: number;
  /** The dead letters are kept beside the queue, and this is where replayed ones go; absent: the queue has them itself. */
  readonly home?: ReplayTarget | undefined;
}

/** What was looked at. */
export interface Looked {
  readonly scanned: number;
  /** In the queue at the beginning; absent where the broker does not tell. */
  readonly total?: number | undefined;
  /** Why the look ended before all were scanned. Absent: it did not. */
  readonly incomplete?: Incomplete | undefined;
  /** Put at the end of the queue, since the broker drops what it delivers too often. */
  readonly renewed: number;
}

export interface Walk {
  readonly window: number;
  /** So many are wanted. */
  readonly most: number;
  readonly signal: AbortSignal;
  /** Told after each chunk. */
  progress?(looked: Pick<Looked, "scanned" | "total">): void;
  /** `true`: it has seen enough. What it does not settle is given back at the end. */
  visit(letters: readonly Letter[], scan: Scan, relay: Relay): Promise<boolean>;
}

/**
 * Goes once through the queue, and gives back in order what was not settled.
 *
 * @throws TransportError where the broker or the queue cannot be reached.
 */
export async function walk(place: Place, { window, most, signal, progress, visit }: Walk): Promise<Looked> {
  const { queue, consuming, connect, endpoints, clock, connectionTimeoutMs } = place;
  const release = clock.keepAlive();
  const relay = new Relay({ connect, endpoints, clock, connectionTimeoutMs });
  try {
    const scan = await Scan.open({
      ...{ consuming, endpoints, clock, connectionTimeoutMs, signal, most, source: queue },
      besideQueue: place.home !== undefined,
      window: Math.min(window, LARGEST_WINDOW),
    });
    try {
      for (let isEnough = false; !isEnough; ) {
        const found = await scan.next(CHUNK);
        if (found.length === 0) break;
        isEnough = await visit(found.map(letterOf), scan, relay);
        progress?.(scan);
      }
      const renewed = await renew(place, scan, relay);
      const { scanned, total, incomplete } = scan;
      return { scanned, total, incomplete, renewed };
    } finally {
      await scan.close();
    }
  } finally {
    await relay.close(CLOSING_MS);
    release();
  }
}

/** What the broker would soon drop is published anew, confirmed, and only then acknowledged. */
async function renew({ queue, deliveryLimit }: Place, scan: Scan, relay: Relay): Promise<number> {
  const near = scan.held.filter((delivery) => isWorn(delivery, deliveryLimit));
  let renewed = 0;
  for (let at = 0; at < near.length; at += CHUNK) {
    const chunk = near.slice(at, at + CHUNK);
    const outcomes = await relay.send(chunk.map((delivery) => moved(delivery, queue)));
    const confirmed = chunk.filter((_, index) => outcomes[index]!.kind === "confirmed");
    await scan.done(confirmed);
    renewed += confirmed.length;
  }
  return renewed;
}
