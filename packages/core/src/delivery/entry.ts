import type { DeliveryError } from "../errors.js";
import { alone, isAlone } from "../event/pack.js";
import type { OutboundMessage } from "../transport.js";
import type { Execution } from "./executions.js";
import type { Epoch } from "./ledger.js";
import type { Receipt } from "./report.js";

/** An encoded event, on its way into the engine, which numbers it: `sequence` is 0 until then. */
export type PreparedMessage = Omit<OutboundMessage, "sequence"> & { sequence: number };

/** The one who waits for a single event: `publish()`. */
export interface Waiter {
  resolve(receipt: Receipt): void;
  reject(error: DeliveryError): void;
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

/** An event that was settled unsent may stay in a queue of its lane until that comes to it: without what weighs. */
const gone: PreparedMessage = {
  sequence: 0,
  routingKey: "",
  body: Buffer.alloc(0),
  messageId: "",
  correlationId: "",
  type: "",
  timestamp: 0,
  headers: {},
};

/** One accepted event, from the buffer to its outcome. */
export class Entry {
  /** What the transport writes. Its `sequence` is 0 until then. */
  message: PreparedMessage;
  /** Of the body. */
  readonly bytes: number;
  readonly acceptedAt: number;
  readonly epoch: Epoch;
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
  /** Connections that died while this was all they had in flight. */
  lonelyDeaths = 0;
  /** Those of them that the broker ended because of a message. */
  accusations = 0;
  /** Why it failed and after how many tries, while it is on its way to the dead-letter exchange. */
  failure: { readonly error: DeliveryError; readonly attempts: number } | undefined = undefined;

  constructor(
    message: PreparedMessage,
    acceptedAt: number,
    epoch: Epoch,
    execution: Execution,
    waiter: Waiter | undefined,
  ) {
    this.message = message;
    this.bytes = message.body.length;
    this.acceptedAt = acceptedAt;
    this.epoch = epoch;
    this.execution = execution;
    this.waiter = waiter;
    this.numbered = message.sequence > 0;
  }

  /** It goes again as a new message: its old place was passed by later ones. What a transport has stays as it was. */
  renew(changes?: Partial<OutboundMessage>): void {
    const sequence = this.numbered ? this.message.sequence : 0;
    this.message = { ...this.message, ...changes, sequence };
  }

  /** It stays longer than its neighbours, and must not keep their memory. */
  standAlone(): void {
    const { body } = this.message;
    if (!isAlone(body)) this.message = { ...this.message, body: alone(body) };
  }

  lighten(): void {
    this.message = gone;
  }
}
