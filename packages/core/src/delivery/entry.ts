import type { DeliveryError } from "../errors.js";
import { type MessageFields, PreparedMessage } from "./message.js";
import type { Receipt } from "./report.js";

/** The one who waits for a single event: `publish()`. */
export interface Waiter {
  resolve(receipt: Receipt): void;
  reject(error: DeliveryError): void;
}

/** What the engine does with the lane that an event sits on. */
export interface EntryLane {
  readonly index: number;
  load: number;
  accept(entry: Entry): void;
  adopt(entries: readonly Entry[]): void;
  again(entry: Entry): void;
  left(entry: Entry): void;
  abandoned(): void;
}

/** The lane that an execution keeps to while any of its events is unsettled. */
export interface Execution {
  readonly id: string;
  lane: EntryLane;
  unsettled: number;
}

/** Messages that were handed to a connection together. */
export interface Flight {
  readonly id: number;
  readonly entries: readonly Entry[];
  readonly writtenAt: number;
  /** Without an outcome yet. */
  open: number;
  /** Index behind the last one that was answered: those before it without an outcome were passed over. */
  answeredTo: number;
}

/** One that is settled may stay in a queue or a flight of its lane until that comes to its end: without what weighs. */
const gone = new PreparedMessage({
  routingKey: "",
  text: "",
  messageId: "",
  correlationId: "",
  type: "",
  timestamp: 0,
  headers: {},
});

/** One accepted event, from the buffer to its outcome. */
export class Entry {
  message: PreparedMessage;
  /** Of the body, in UTF-8. */
  readonly bytes: number;
  readonly acceptedAt: number;
  /** Rises from event to event, in the order of acceptance. */
  readonly order: number;
  /** Keeps the execution on its lane. */
  readonly execution: Execution;
  readonly waiter: Waiter | undefined;
  /** Its sequence is the publisher's own, and stays. */
  readonly numbered: boolean;
  /** Set while it is in flight; an outcome counts only for this one. */
  flight: Flight | undefined = undefined;
  settled = false;
  /** Tries used up so far. */
  tries = 0;
  /** A connection was lost, or an answer stayed out, while it was in flight. */
  maybeStored = false;
  /** The broker has its sequence already, not from this program: it confirms it and stores nothing. */
  duplicate = false;
  /** Connections that died while this was all they had in flight. */
  lonelyDeaths = 0;
  /** Those of them that the broker ended because of a message. */
  accusations = 0;
  /** Why it failed and after how many tries, while it is on its way to the dead-letter exchange. */
  failure: { readonly error: DeliveryError; readonly attempts: number } | undefined = undefined;

  constructor(
    message: PreparedMessage,
    acceptedAt: number,
    order: number,
    execution: Execution,
    waiter: Waiter | undefined,
  ) {
    this.message = message;
    this.bytes = message.bytes;
    this.acceptedAt = acceptedAt;
    this.order = order;
    this.execution = execution;
    this.waiter = waiter;
    this.numbered = message.sequence > 0;
  }

  /** It goes again as a new message: its old place was passed by later ones. */
  renew(changes?: Partial<MessageFields>): void {
    const sequence = this.numbered ? this.message.sequence : 0;
    this.message = this.message.with({ ...changes, sequence });
  }

  lighten(): void {
    this.message = gone;
  }
}
