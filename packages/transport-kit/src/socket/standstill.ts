import { TransportError } from "@streamll/core";

/** What a connection needs that must not outlive a standstill of the process. */
export interface Watched {
  /** 0: nothing is watched. */
  readonly heartbeatMs: number;
  /** The endpoint's, for messages. */
  readonly label: string;
  readonly closed: Promise<unknown>;
  /** Ends it because it may not be used any longer. */
  fail(error: TransportError): void;
}

/** A busy program may stand still for so long, in milliseconds, however short its heartbeat. */
const BUSY_MS = 2000;

/**
 * Ends a connection when the process stood still for more than two heartbeats: stopped, frozen as between two calls of
 * a serverless function, or suspended with its machine. The broker has missed two heartbeats as well, and may have gone
 * long ago without a packet that could tell. What came in is read first.
 */
export function endAfterStandstill({ heartbeatMs, label, closed, fail }: Watched): void {
  if (heartbeatMs === 0) return;
  const longest = Math.max(2 * heartbeatMs, BUSY_MS);
  let last = clocks();
  const timer = setInterval(() => {
    const now = clocks();
    // A machine that is suspended stops the monotonic clock.
    const gap = Math.max(now.monotonic - last.monotonic, now.wall - last.wall);
    last = now;
    if (gap <= longest) return;
    const message = `${label}: the process stood still for ${Math.round(gap / 1000)} s, more than two heartbeats: the connection is taken for dead`;
    setImmediate(() => fail(new TransportError("timeout", message)));
  }, longest / 8);
  timer.unref();
  void closed.then(() => clearInterval(timer));
}

const clocks = () => ({ monotonic: performance.now(), wall: Date.now() });
