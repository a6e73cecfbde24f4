import { noOwn, outboundMessage } from "../message.js";
import type {
  ContentEncoding,
  MessageChanges,
  MessageHeaders,
  MessageOwn,
  OutboundMessage,
} from "../transport.js";
import { readHeaders } from "./header-block.js";
import {
  BODY,
  CORRELATION_ID,
  EXCHANGE,
  encodingOf,
  endOf,
  type Field,
  HEADERS,
  headerCountOf,
  isPresent,
  lengthOf,
  MESSAGE_ID,
  OWN,
  type RecordPlace,
  ROUTING_KEY,
  startOf,
  TYPE,
  timestampOf,
} from "./record.js";

/** What a view reads: the log, or a single record. */
export interface RecordSource {
  readonly sequence: ArrayLike<number>;
  locate(slot: number, place: RecordPlace): void;
}

const nothing = Buffer.alloc(0);
const noWords = new Uint32Array(0);

/** An event of the buffer as a message. One view serves many events in turn: {@link show} moves it to the next. */
export class RecordView implements OutboundMessage, RecordPlace {
  /** The memory that holds the record, and where the record begins. */
  source = nothing;
  words = noWords;
  record = 0;
  readonly #from: RecordSource;
  #slot = 0;

  constructor(from: RecordSource) {
    this.#from = from;
  }

  show(slot: number): this {
    this.#slot = slot;
    this.#from.locate(slot, this);
    return this;
  }

  /** Moves it to the event that lies behind this one in its run. */
  next(): void {
    this.record += lengthOf(this);
  }

  get sequence(): number {
    return this.#from.sequence[this.#slot]!;
  }

  get exchange(): string | undefined {
    return this.#optional(EXCHANGE);
  }

  get routingKey(): string {
    return this.#text(ROUTING_KEY);
  }

  get messageId(): string {
    return this.#text(MESSAGE_ID);
  }

  get correlationId(): string {
    return this.#text(CORRELATION_ID);
  }

  get type(): string {
    return this.#text(TYPE);
  }

  get timestamp(): number {
    return timestampOf(this);
  }

  get headers(): MessageHeaders {
    return readHeaders(this.source, startOf(this, HEADERS), headerCountOf(this));
  }

  get contentEncoding(): ContentEncoding | undefined {
    return encodingOf(this);
  }

  get own(): MessageOwn {
    const json = this.#optional(OWN);
    return json === undefined ? noOwn : (JSON.parse(json) as MessageOwn);
  }

  get relayed(): undefined {
    return undefined;
  }

  body(): Buffer {
    return Buffer.from(this.source.subarray(startOf(this, BODY), endOf(this, BODY)));
  }

  detach(changes: MessageChanges = {}): OutboundMessage {
    return outboundMessage({
      sequence: this.sequence,
      exchange: this.exchange,
      routingKey: this.routingKey,
      body: this.body(),
      messageId: this.messageId,
      correlationId: this.correlationId,
      type: this.type,
      timestamp: this.timestamp,
      headers: this.headers,
      contentEncoding: this.contentEncoding,
      own: this.own,
      ...changes,
    });
  }

  #text(field: Field): string {
    const start = startOf(this, field);
    const end = endOf(this, field);
    return start === end ? "" : this.source.toString("utf8", start, end);
  }

  #optional(field: Field): string | undefined {
    return isPresent(this, field) ? this.#text(field) : undefined;
  }
}
