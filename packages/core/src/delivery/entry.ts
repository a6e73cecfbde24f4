import type { DeliveryError } from "../errors.js";
import type { MessageHeaders, OutboundMessage } from "../transport.js";
import type { PreparedMessage } from "./engine.js";
import type { Execution } from "./executions.js";
import type { Epoch } from "./ledger.js";
import type { Receipt } from "./report.js";

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
}

/** One accepted event, from the buffer to its outcome. It is itself the message that the transport writes. */
export class Entry implements OutboundMessage {
  sequence = 0;
  exchange: string | undefined;
  routingKey: string;
  headers: MessageHeaders;
  readonly body: Buffer;
  readonly messageId: string;
  readonly correlationId: string;
  readonly type: string;
  readonly timestamp: number;

  readonly acceptedAt: number;
  readonly epoch: Epoch;
  /** Keeps the execution on its lane. */
  readonly execution: Execution;
  waiter: Waiter | undefined;
  /** Set while it is in flight; an outcome counts only for this one. */
  flight: Flight | undefined;
  settled = false;
  /** Tries used up so far. */
  tries = 0;
  /** Connections that died while this was all they had in flight. */
  lonelyDeaths = 0;
  /** Why it failed, while it is on its way to the dead-letter exchange. */
  failure: DeliveryError | undefined;

  constructor(message: PreparedMessage, acceptedAt: number, epoch: Epoch, execution: Execution) {
    this.exchange = message.exchange;
    this.routingKey = message.routingKey;
    this.headers = message.headers;
    this.body = message.body;
    this.messageId = message.messageId;
    this.correlationId = message.correlationId;
    this.type = message.type;
    this.timestamp = message.timestamp;
    this.acceptedAt = acceptedAt;
    this.epoch = epoch;
    this.execution = execution;
    this.waiter = undefined;
    this.flight = undefined;
    this.failure = undefined;
  }
}
