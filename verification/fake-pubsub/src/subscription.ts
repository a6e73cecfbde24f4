import { EventEmitter } from "node:events";
import type { ReceivedMessage, TopicMessage } from "./message.js";

export interface DeadLetterPolicy {
  readonly deadLetterTopic: string;
  readonly maxDeliveryAttempts: number;
}

export interface SubscriptionSettings {
  readonly name: string;
  readonly topic: string;
  readonly ackDeadlineSeconds: number;
  readonly enableMessageOrdering: boolean;
  readonly deadLetterPolicy?: DeadLetterPolicy | undefined;
}

interface Entry {
  readonly place: number;
  readonly message: TopicMessage;
  attempts: number;
}

interface Lease {
  readonly entry: Entry;
  endsAt: number;
}

const nothing: ReadonlySet<string> = new Set();

/** How often leases are looked at, in milliseconds. */
const LOOK_MS = 20;

/** One subscription: what waits, and what is leased to somebody until a time. */
export class Subscription {
  readonly settings: SubscriptionSettings;
  readonly #dead: (message: TopicMessage) => void;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #waiting: Entry[] = [];
  readonly #leases = new Map<string, Lease>();
  readonly #timer: NodeJS.Timeout;
  #places = 0;
  #ackIds = 0;

  constructor(settings: SubscriptionSettings, dead: (message: TopicMessage) => void) {
    this.settings = settings;
    this.#dead = dead;
    this.#timer = setInterval(() => this.#expire(), LOOK_MS).unref();
  }

  /** Messages that wait; those that somebody holds are not among them. */
  get depth(): number {
    return this.#waiting.length;
  }

  get leased(): number {
    return this.#leases.size;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#changes.emit("change");
  }

  add(messages: readonly TopicMessage[]): void {
    for (const message of messages) this.#waiting.push({ place: this.#places++, message, attempts: 0 });
    this.#changes.emit("change");
  }

  /** Calls back at each change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#changes.on("change", listener);
    return () => void this.#changes.off("change", listener);
  }

  /**
   * Leases what waits. Of an ordering key nothing comes while somebody else holds an earlier message of it; `own` is what
   * the taker holds.
   */
  take(most: number, own: ReadonlySet<string> = nothing): ReceivedMessage[] {
    const { ackDeadlineSeconds, enableMessageOrdering, deadLetterPolicy } = this.settings;
    const held = new Set<string>();
    if (enableMessageOrdering)
      for (const [ackId, { entry }] of this.#leases) if (!own.has(ackId)) held.add(entry.message.orderingKey);
    held.delete("");
    const taken: Entry[] = [];
    if (held.size === 0) taken.push(...this.#waiting.splice(0, most));
    for (let index = 0; held.size > 0 && index < this.#waiting.length && taken.length < most; ) {
      if (held.has(this.#waiting[index]!.message.orderingKey)) index++;
      else taken.push(...this.#waiting.splice(index, 1));
    }
    return taken.map((entry) => {
      entry.attempts++;
      const ackId = `${this.settings.name}:${++this.#ackIds}`;
      this.#leases.set(ackId, { entry, endsAt: Date.now() + ackDeadlineSeconds * 1000 });
      return { ackId, message: entry.message, deliveryAttempt: deadLetterPolicy ? entry.attempts : 0 };
    });
  }

  holds(ackId: string): boolean {
    return this.#leases.has(ackId);
  }

  /** What was taken reached nobody: it is as if it had not been. */
  untake(received: readonly ReceivedMessage[]): void {
    for (const { ackId } of received) {
      const lease = this.#leases.get(ackId);
      if (lease === undefined) continue;
      this.#leases.delete(ackId);
      lease.entry.attempts--;
      this.#putBack(lease.entry);
    }
    this.#changes.emit("change");
  }

  /** Ids whose lease has ended are passed over, as by the service. */
  acknowledge(ackIds: readonly string[]): void {
    for (const ackId of ackIds) this.#leases.delete(ackId);
    this.#changes.emit("change");
  }

  modify(ackIds: readonly string[], seconds: number): void {
    for (const ackId of ackIds) {
      const lease = this.#leases.get(ackId);
      if (lease === undefined) continue;
      if (seconds === 0) this.#giveBack(ackId, lease);
      else lease.endsAt = Date.now() + seconds * 1000;
    }
    this.#changes.emit("change");
  }

  #expire(): void {
    const now = Date.now();
    const over = [...this.#leases].filter(([, { endsAt }]) => endsAt <= now);
    for (const [ackId, lease] of over) this.#giveBack(ackId, lease);
    if (over.length > 0) this.#changes.emit("change");
  }

  #giveBack(ackId: string, { entry }: Lease): void {
    this.#leases.delete(ackId);
    const most = this.settings.deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY;
    if (entry.attempts >= most) this.#dead(entry.message);
    else this.#putBack(entry);
  }

  #putBack(entry: Entry): void {
    const index = this.#waiting.findIndex(({ place }) => place > entry.place);
    this.#waiting.splice(index < 0 ? this.#waiting.length : index, 0, entry);
  }
}
