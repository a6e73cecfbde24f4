import {
  type Consuming,
  type Delivery,
  type Endpoint,
  type Subscription,
  TransportError,
  type Verdict,
} from "@streamll/core";
import { type Clock, isTransportError, Locks } from "@streamll/core/internal";

/** The most that AMQP 0-9-1 lets one consumer hold, and the seam with it. */
export const LARGEST_WINDOW = 65_535;
/** Bodies that are held at a time, in bytes: what is beyond it is left in the queue. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Nothing came for so long: then the broker is asked how many messages are left. */
const QUIET_MS = 500;
/** With messages left, and none of them coming: another consumer has them, or the queue for itself. */
const PATIENCE_MS = 20_000;
/** How long to wait, twice as long each time, before the broker is asked again whether it has counted what it got back. */
const RECOUNT_MS = 5;
const CLOSING_MS = 10_000;

export interface ScanSetup {
  readonly consuming: Consuming;
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly connectionTimeoutMs: number;
  readonly source: string;
  /** Its dead letters are read, which the broker keeps beside it. */
  readonly besideQueue: boolean;
  /** Deliveries that are held at a time. */
  readonly window: number;
  /** So many are wanted. None beyond them comes: it would count as redelivered, and in a quorum queue lose its place. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** Why a look at a queue ended before its end. */
export type Incomplete = "window" | "bytes" | "stalled" | "lost" | "aborted";

/**
 * Goes once through the messages that are in a queue at the beginning, in their order. Each is held until it is settled,
 * or until the end, when all others are given back; so none comes twice, and none that is put there meanwhile.
 */
export class Scan {
  /** How many there were at the beginning; `undefined` where the broker does not tell. */
  readonly total: number | undefined;
  /** What was handed out by {@link next}. */
  scanned = 0;
  /** Why it ended too early. */
  incomplete: Incomplete | undefined;
  /** What ended the connection. */
  error: TransportError | undefined;
  readonly #setup: ScanSetup;
  readonly #subscription: Subscription;
  readonly #arrived: Delivery[] = [];
  readonly #held = new Set<Delivery>();
  /** Where the broker keeps a delivery for a time only. One that is lost comes again, and must not be taken twice. */
  readonly #locks: Locks;
  #bytes = 0;
  #received = 0;
  #acknowledged = 0;
  readonly #closing = new AbortController();
  #wake = () => {};

  private constructor(setup: ScanSetup, subscription: Subscription, total: number | undefined) {
    this.#setup = setup;
    this.#subscription = subscription;
    this.total = total;
    this.#locks = new Locks({
      clock: setup.clock,
      now: Date.now,
      lost: (delivery) => this.#loseLock(delivery),
    });
  }

  /** @throws TransportError where no address lets it in, and of kind `not-found` where there is no such queue. */
  static async open(setup: ScanSetup): Promise<Scan> {
    const { consuming, endpoints, connectionTimeoutMs, source, besideQueue, window, signal } = setup;
    let failed: unknown = new TransportError("unreachable", "there is no address to connect to");
    for (const endpoint of endpoints) {
      const arrived: Delivery[] = [];
      let scan: Scan | undefined;
      let total: number | undefined;
      const counted = (messages: number) => {
        total = messages;
      };
      const receive = (deliveries: readonly Delivery[]) => {
        if (scan === undefined) arrived.push(...deliveries);
        else scan.#receive(deliveries);
      };
      const lost = () => {
        if (scan !== undefined) scan.#lose();
      };
      try {
        const timeout = AbortSignal.timeout(connectionTimeoutMs + 1000);
        const either = AbortSignal.any([timeout, signal]);
        const subscription = await consuming.subscribe(
          endpoint,
          { source, deadLetters: besideQueue, window, counted, receive, lost },
          either,
        );
        scan = new Scan(setup, subscription, total);
        scan.#begin(arrived);
        return scan;
      } catch (error) {
        failed = error;
      }
    }
    throw failed;
  }

  /** The next ones, at most so many; empty at the end. */
  async next(most: number): Promise<readonly Delivery[]> {
    await this.#wait();
    const left = (this.total ?? Number.POSITIVE_INFINITY) - this.scanned;
    const found = this.#arrived.splice(0, Math.min(most, left, this.#allowed || left));
    this.scanned += found.length;
    return found;
  }

  /** Of what has come, so many may be settled: the broker sends one more for each, until all that are wanted have come. */
  get #allowed(): number {
    const { most, window } = this.#setup;
    const hasAll = this.#received >= this.#wanted;
    return hasAll ? Number.POSITIVE_INFINITY : Math.max(0, most - window - this.#acknowledged);
  }

  get #wanted(): number {
    return Math.min(this.#setup.most, this.total ?? Number.POSITIVE_INFINITY);
  }

  /** These are done: the broker forgets them. Gives how many of the acknowledgements were lost. */
  async done(deliveries: readonly Delivery[]): Promise<number> {
    this.#acknowledged += deliveries.length;
    const lost = await Promise.all(deliveries.map((delivery) => this.#settle(delivery, { kind: "done" })));
    return lost.filter((outcome) => outcome === "lost").length;
  }

  /** What is not settled, in the order of the queue. */
  get held(): readonly Delivery[] {
    return [...this.#held];
  }

  /** Gives back what is held, in order, and closes. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#subscription.stop();
    const given = this.held.map((delivery) => this.#settle(delivery, { kind: "again", failed: false }));
    await this.#untilCounted();
    await this.#subscription.close(AbortSignal.timeout(CLOSING_MS)).catch(() => {});
    await Promise.all(given);
    this.#locks.clear();
  }

  #begin(arrived: readonly Delivery[]): void {
    const { signal } = this.#setup;
    void this.#subscription.closed.then((error) => {
      if (this.#closing.signal.aborted) return;
      this.error = error;
      this.#lose();
    });
    const abort = () => {
      this.#end("aborted");
      this.#arrived.length = 0;
    };
    signal.addEventListener("abort", abort, { once: true, signal: this.#closing.signal });
    if (signal.aborted) abort();
    this.#receive(arrived);
  }

  #receive(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      this.#held.add(delivery);
      this.#locks.hold(delivery, this.#subscription);
      this.#bytes += delivery.body.length;
    }
    this.#received += deliveries.length;
    if (this.#received >= this.#wanted) void this.#subscription.stop();
    // What was lost may be among them.
    if (this.incomplete !== "lost") this.#arrived.push(...deliveries);
    if (this.#bytes > MOST_BYTES) this.#end("bytes");
    this.#wake();
  }

  /** With the connection: what came is void, and comes again. */
  #lose(): void {
    this.#held.clear();
    this.#locks.clear();
    this.#endAsLost();
  }

  /** The others are held as before, and given back by {@link close}. */
  #loseLock(delivery: Delivery): void {
    this.#held.delete(delivery);
    this.#endAsLost();
    void this.#subscription.stop();
  }

  #endAsLost(): void {
    this.incomplete = "lost";
    this.#arrived.length = 0;
    this.#wake();
  }

  /** Nothing more is asked for; what came is still handed out. */
  #end(why: Incomplete): void {
    this.incomplete ??= why;
    void this.#subscription.stop();
    this.#wake();
  }

  #settle(delivery: Delivery, verdict: Verdict): Promise<string> {
    this.#held.delete(delivery);
    this.#locks.release(delivery);
    this.#bytes -= delivery.body.length;
    return new Promise((resolve) => this.#subscription.settle(delivery, verdict, resolve));
  }

  async #wait(): Promise<void> {
    const { clock, window } = this.#setup;
    let since = clock.now();
    let isDrained = false;
    const isWaiting = () => this.#arrived.length === 0 || this.#allowed === 0;
    while (isWaiting() && this.incomplete === undefined && this.scanned !== this.total) {
      if (await this.#change(QUIET_MS)) {
        isDrained = false;
        since = clock.now();
        continue;
      }
      const waiting = await this.#depth();
      // The rest is with others, or they have taken it; or its deliveries are slower than this answer.
      if (waiting === 0 && isDrained) return;
      isDrained = waiting === 0;
      const waited = clock.now() - since;
      if (waiting === undefined && waited > 4 * QUIET_MS) return;
      if (this.#held.size >= window) this.#end("window");
      else if (waited > PATIENCE_MS) this.#end("stalled");
    }
  }

  /**
   * A quorum queue counts what it got back a moment after it has answered that the channel is closed. Whoever looks next
   * would see fewer messages than there are, and stop at them.
   */
  async #untilCounted(): Promise<void> {
    const { clock } = this.#setup;
    const left = (this.total ?? 0) - this.#acknowledged;
    let cancel = () => {};
    const over = new Promise<undefined>((resolve) => {
      cancel = clock.after(QUIET_MS, () => resolve(undefined));
    });
    for (let pause = RECOUNT_MS; ; pause *= 2) {
      const depth = this.#subscription.waiting?.().catch(() => undefined);
      const waiting = await Promise.race([depth, over]);
      if (waiting === undefined || waiting >= left) break;
      await this.#change(pause);
    }
    cancel();
  }

  /** `false` where nothing happened for so long. */
  #change(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#setup.clock.after(ms, () => resolve(false));
      this.#wake = () => {
        cancel();
        resolve(true);
      };
    });
  }

  async #depth(): Promise<number | undefined> {
    try {
      return await this.#subscription.waiting?.();
    } catch (error) {
      if (isTransportError(error)) this.error ??= error;
      return undefined;
    }
  }
}
