import { Fifo } from "@streamll/core/internal";
import type { DeathReason } from "./dead-letter.js";
import type { MemoryMessage } from "./message.js";
import { type QueueLimits, queueLimits } from "./queue-limits.js";

/** One who consumes. Listeners of one queue take turns. */
export interface Listener {
  /** Takes a message now. */
  isReady(): boolean;
  hear(entry: Entry): void;
  /** The queue is deleted: nothing more comes. */
  cancelled(): void;
}

/** A message in a queue, or in the hands of a listener. */
export interface Entry {
  readonly message: MemoryMessage;
  /** Rises within a queue: what is given back comes to where it was. */
  readonly position: number;
  /** As `Date.now()` tells it; `Infinity` for never. */
  readonly expiresAt: number;
  redelivered: boolean;
  /** How many tries of it failed. */
  failures: number;
}

/** The longest that a timer of Node can wait. */
const LONGEST = 2 ** 31 - 1;

export class Queue {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly limits: QueueLimits;
  readonly #died: (message: MemoryMessage, reason: DeathReason, queue: Queue) => void;
  /** By priority. */
  readonly #levels: Fifo<Entry>[];
  #position = 0;
  #length = 0;
  #bytes = 0;
  #expiry: NodeJS.Timeout | undefined;
  readonly #listeners: Listener[] = [];
  #delivering = false;

  constructor(
    name: string,
    args: Readonly<Record<string, unknown>>,
    died: (message: MemoryMessage, reason: DeathReason, queue: Queue) => void,
  ) {
    this.name = name;
    this.arguments = args;
    this.limits = queueLimits(name, args);
    this.#died = died;
    this.#levels = Array.from({ length: this.limits.priority + 1 }, () => new Fifo<Entry>());
  }

  get depth(): number {
    this.#expire();
    return this.#length;
  }

  /** Whether it refuses the message, rather than make room for it. */
  refuses({ body }: MemoryMessage): boolean {
    const { overflow, length, bytes } = this.limits;
    if (overflow === "drop-head") return false;
    this.#expire();
    return this.#length >= length || this.#bytes + body.length > bytes;
  }

  /** With `x-overflow: reject-publish-dlx`, what it refuses becomes a dead letter. */
  turnAway(message: MemoryMessage): void {
    if (this.limits.overflow === "reject-publish-dlx") this.#died(message, "maxlen", this);
  }

  push(message: MemoryMessage): void {
    const { ttlMs, length, bytes } = this.limits;
    const expiresIn = Math.min(ttlMs, message.expirationMs ?? Number.POSITIVE_INFINITY);
    const expiresAt = Date.now() + expiresIn;
    const entry = { message, position: this.#position++, expiresAt, redelivered: false, failures: 0 };
    this.#levelOf(entry).push(entry);
    this.#count(1, entry);
    if (this.#length > length || this.#bytes > bytes) {
      this.#expire();
      while (this.#length > length || this.#bytes > bytes) this.#bury("maxlen");
    }
    if (this.#listeners.length > 0) this.attend();
    else if (expiresIn < Number.POSITIVE_INFINITY) this.#watchHead();
  }

  /** The message at the head, and out of the queue. */
  take(): MemoryMessage | undefined {
    this.#expire();
    const entry = this.#shift();
    return entry && messageIn(entry);
  }

  /** The message at the head becomes a dead letter. */
  reject(): boolean {
    return this.depth > 0 && this.#bury("rejected");
  }

  /** The message at the head was taken and given back: it stays there, marked as redelivered. */
  requeue(): boolean {
    this.#expire();
    const head = this.#head();
    if (head !== undefined) head.redelivered = true;
    return head !== undefined;
  }

  /** A listener gives back what it took: it comes to where it was. */
  giveBack(entry: Entry): void {
    entry.redelivered = true;
    const level = this.#levelOf(entry);
    const before: Entry[] = [];
    while ((level.peek()?.position ?? Number.POSITIVE_INFINITY) < entry.position) before.push(level.shift()!);
    level.unshift([...before, entry]);
    this.#count(1, entry);
    this.attend();
    this.#watchHead();
  }

  /** What a listener took becomes a dead letter. */
  bury(entry: Entry): void {
    this.#died(entry.message, "rejected", this);
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
    this.attend();
  }

  unlisten(listener: Listener): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
    this.#watchHead();
  }

  /** Nothing comes from it any more. */
  delete(): void {
    for (const level of this.#levels) level.clear();
    this.#length = 0;
    this.#bytes = 0;
    for (const listener of this.#listeners.splice(0)) listener.cancelled();
  }

  /** Hands over what listeners take, in a later turn of the event loop. */
  attend(): void {
    if (this.#delivering || this.#length === 0 || !this.#listeners.some((one) => one.isReady())) return;
    this.#delivering = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#delivering = false;
    try {
      for (let left = this.#length; left > 0; left--) {
        const turn = this.#listeners.findIndex((one) => one.isReady());
        if (turn < 0) return;
        const [listener] = this.#listeners.splice(turn, 1);
        this.#listeners.push(listener!);
        listener!.hear(this.#shift()!);
      }
    } finally {
      // Also when a listener threw: its error is the program's own, the other messages are not lost by it.
      this.attend();
    }
  }

  #levelOf({ message }: Entry): Fifo<Entry> {
    return this.#levels[Math.min(message.priority ?? 0, this.limits.priority)]!;
  }

  #count(messages: 1 | -1, { message }: Entry): void {
    this.#length += messages;
    this.#bytes += messages * message.body.length;
  }

  #level(): Fifo<Entry> | undefined {
    return this.#length === 0 ? undefined : this.#levels.findLast((level) => level.length > 0);
  }

  #head(): Entry | undefined {
    return this.#level()?.peek();
  }

  #shift(): Entry | undefined {
    const entry = this.#level()?.shift();
    if (entry !== undefined) this.#count(-1, entry);
    return entry;
  }

  #bury(reason: DeathReason): boolean {
    const entry = this.#shift();
    if (entry !== undefined) this.#died(entry.message, reason, this);
    return entry !== undefined;
  }

  /** At the head only, as in RabbitMQ. What a listener is about to get does not expire any more. */
  #expire(): void {
    if (this.#listeners.some((one) => one.isReady())) return;
    const now = Date.now();
    for (let head = this.#head(); head !== undefined && head.expiresAt <= now; head = this.#head()) {
      this.#bury("expired");
    }
  }

  /** So that a message becomes a dead letter in time, even while the queue is not read. */
  #watchHead(): void {
    const expiresAt = this.#head()?.expiresAt ?? Number.POSITIVE_INFINITY;
    if (this.#expiry !== undefined || expiresAt === Number.POSITIVE_INFINITY) return;
    const check = () => {
      this.#expiry = undefined;
      this.#expire();
      this.#watchHead();
    };
    this.#expiry = setTimeout(check, Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST)).unref();
  }
}

/** As one who takes it sees it. */
export const messageIn = ({ message, redelivered }: Entry): MemoryMessage =>
  redelivered ? { ...message, redelivered } : message;
