import { nameOfError } from "../callback.js";
import type { Clock } from "../delivery/clock.js";
import { within } from "../delivery/promises.js";
import { TransportError } from "../errors.js";
import type { OffsetStore } from "./offset-store.js";
import type { Delivery, LogPosition, LogRequest } from "./seam.js";

/** Each offset that the broker keeps is written into the stream: RabbitMQ's Java client stores as often. */
const STORE_AFTER = 10_000;
const STORE_AFTER_MS = 5000;
/** For a store of the user's, while another consumer waits for the partition. */
const LEAVING_MS = 2000;

/** How a log is read, as the options say. */
export interface LogOptions {
  /** Where nothing is stored. */
  readonly from: LogPosition;
  readonly consumerName?: string | undefined;
  readonly singleActive: boolean;
  /** In the place of the broker. */
  readonly store?: OffsetStore | undefined;
}

export interface LogOffsetsSetup {
  readonly options: LogOptions;
  readonly clock: Clock;
  /** To the broker, where there is a connection. */
  storeOffset(partition: string, offset: number): void;
  /** Nothing of the partition that has not begun is to be handled. */
  left(partition: string): void;
  /** The user's store failed; it is tried again. */
  notStored(message: string): void;
}

/** How far one partition is done. */
interface Progress {
  /** Handed over, and not done, in order. */
  readonly open: Set<number>;
  /** The last that was handed over; before the first: what comes before it. */
  last: number;
  /** What is stored, as far as is known; -1: nothing. */
  stored: number;
  /** How many are done since. */
  done: number;
  storing: Promise<void> | undefined;
}

/** Stores offsets up to the lowest that is unfinished, and tells where to go on. */
export class LogOffsets {
  readonly request: LogRequest;
  readonly #setup: LogOffsetsSetup;
  readonly #partitions = new Map<string, Progress>();
  /** When a partition was first asked for, of which nothing has come yet. */
  readonly #askedAt = new Map<string, Date>();
  #cancelTimer: (() => void) | undefined;
  #isAnotherLog = false;

  constructor(setup: LogOffsetsSetup) {
    this.#setup = setup;
    const { consumerName, singleActive } = setup.options;
    this.request = {
      consumerName,
      singleActive,
      position: (partition, stored) => this.#position(partition, stored),
      left: (partition) => this.#leave(partition),
    };
  }

  opened({ partition, offset }: Delivery): void {
    if (partition === undefined || offset === undefined) return;
    let progress = this.#partitions.get(partition);
    if (progress === undefined) {
      progress = this.#begin(partition, offset - 1);
      // Else a process that is killed before the first is done would begin with another `next` or `last`.
      this.#store(partition, progress);
    }
    progress.open.add(offset);
    progress.last = offset;
  }

  finished({ partition, offset }: Delivery): void {
    const progress = this.#partitions.get(partition!);
    if (progress?.open.delete(offset!) !== true) return;
    if (++progress.done >= STORE_AFTER || progress.stored < 0) this.#store(partition!, progress);
    else this.#cancelTimer ??= this.#setup.clock.after(STORE_AFTER_MS, () => void this.flush());
  }

  /** The connection is lost: what is not done comes again. */
  lost(): void {
    for (const partition of this.#partitions.keys()) this.#forgetOpen(partition);
  }

  /** The log is not there: another one of its name begins anew. */
  gone(): void {
    this.#partitions.clear();
    this.#askedAt.clear();
    this.#isAnotherLog = true;
  }

  /** Stores what is done. Never rejects. */
  async flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    await Promise.all([...this.#partitions.keys()].map((partition) => this.#flush(partition)));
  }

  async #flush(partition: string): Promise<void> {
    const progress = this.#partitions.get(partition);
    if (progress === undefined) return;
    await progress.storing;
    this.#store(partition, progress);
    await progress.storing;
  }

  async #leave(partition: string): Promise<void> {
    await within(this.#setup.clock, LEAVING_MS, this.#flush(partition));
    this.#forgetOpen(partition);
    this.#setup.left(partition);
  }

  #begin(partition: string, last: number): Progress {
    const progress = { open: new Set<number>(), last, stored: -1, done: 0, storing: undefined };
    this.#partitions.set(partition, progress);
    return progress;
  }

  #forgetOpen(partition: string): void {
    const progress = this.#partitions.get(partition);
    if (progress === undefined) return;
    progress.last = doneUpTo(progress);
    progress.open.clear();
  }

  /** What was done here is done, also where storing it did not reach the broker. */
  async #position(partition: string, ask: () => Promise<number | undefined>): Promise<LogPosition> {
    const { options } = this.#setup;
    const stored = options.store === undefined ? await ask() : await loaded(options.store, partition);
    const known = this.#partitions.get(partition);
    if (stored !== undefined || known !== undefined) {
      const progress = known ?? this.#begin(partition, -1);
      progress.stored = stored ?? -1;
      progress.last = Math.max(progress.stored, progress.last);
      return progress.last + 1;
    }
    if (this.#isAnotherLog) return "first";
    const { from } = options;
    const askedAt = this.#askedAt.get(partition);
    if (askedAt === undefined) this.#askedAt.set(partition, new Date());
    // What was written while there was no connection comes too.
    return askedAt !== undefined && (from === "next" || from === "last") ? askedAt : from;
  }

  #store(partition: string, progress: Progress): void {
    const { options } = this.#setup;
    const offset = doneUpTo(progress);
    if (offset <= progress.stored || progress.storing !== undefined) return;
    const before = progress.stored;
    progress.stored = offset;
    progress.done = 0;
    if (options.store === undefined) {
      if (options.consumerName !== undefined) this.#setup.storeOffset(partition, offset);
      return;
    }
    progress.storing = stored(options.store, partition, offset).then((error) => {
      progress.storing = undefined;
      if (error === undefined) return;
      progress.stored = before;
      this.#setup.notStored(error);
      this.#cancelTimer ??= this.#setup.clock.after(STORE_AFTER_MS, () => void this.flush());
    });
  }
}

function doneUpTo({ open, last }: Progress): number {
  const [lowest] = open;
  return lowest === undefined ? last : lowest - 1;
}

/** Resolves with what went wrong, in words. */
async function stored(store: OffsetStore, partition: string, offset: number): Promise<string | undefined> {
  try {
    await store.store(partition, offset);
    return undefined;
  } catch (error) {
    return `offsets failed in store() (${nameOfError(error)}): it is tried again, and what is done may be handled again after a restart`;
  }
}

/** @throws TransportError, which is tried again. */
async function loaded(store: OffsetStore, partition: string): Promise<number | undefined> {
  let offset: unknown;
  try {
    offset = await store.load(partition);
  } catch (cause) {
    throw new TransportError("unreachable", `offsets failed in load() (${nameOfError(cause)})`, { cause });
  }
  if (offset === undefined || (Number.isSafeInteger(offset) && (offset as number) >= 0))
    return offset as number | undefined;
  const message = `load() of offsets gave a ${typeof offset}: it must give undefined, or a whole number from 0`;
  throw new TransportError("unreachable", message);
}
