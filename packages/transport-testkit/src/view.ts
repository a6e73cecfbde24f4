import type { MessageChanges, OutboundBatch, OutboundMessage } from "@streamll/core";
import { encodedMessage } from "@streamll/core/internal";

/** What a transport is handed in the place of a batch: it hears of each look at a message that comes too late. */
export interface View {
  readonly batch: OutboundBatch;
  /** The message is settled: neither it nor the bytes that its body was given as may be read any more. */
  settled(index: number): void;
}

/** @param late is told what was looked at after the next message was asked for, or after the turn in which it was. */
export function viewOf(messages: readonly OutboundMessage[], late: (what: string) => void): View {
  const bodies = messages.map((): Buffer[] => []);
  const settled = new Set<number>();
  let shown: MessageView | undefined;

  const at = (index: number): OutboundMessage | undefined => {
    const place = index < 0 ? messages.length + index : index;
    const message = messages[place];
    shown?.lapse();
    shown =
      message === undefined || settled.has(place)
        ? undefined
        : new MessageView(message, bodies[place]!, late);
    const view = shown;
    queueMicrotask(() => view?.lapse());
    return view;
  };
  const unsettled = (index: number): OutboundMessage => {
    const message = at(index);
    if (message === undefined) throw new RangeError("a message of the batch is settled");
    return message;
  };

  return {
    batch: {
      length: messages.length,
      at,
      map: (each) => messages.map((_, index) => each(unsettled(index), index)),
      *entries() {
        for (let index = 0; index < messages.length; index++) yield [index, unsettled(index)];
      },
      *[Symbol.iterator]() {
        for (let index = 0; index < messages.length; index++) yield unsettled(index);
      },
    },
    settled(index) {
      settled.add(index);
      for (const body of bodies[index]?.splice(0) ?? []) body.fill("?");
    },
  };
}

/** A message as an engine shows it, by its getters or by the bytes of its record. */
class MessageView implements OutboundMessage {
  readonly #message: OutboundMessage;
  readonly #bodies: Buffer[];
  readonly #late: (what: string) => void;
  readonly #source: Buffer;
  readonly #words: Uint32Array;
  #lapsed = false;

  constructor(message: OutboundMessage, bodies: Buffer[], late: (what: string) => void) {
    this.#message = message;
    this.#bodies = bodies;
    this.#late = late;
    const { source, words } = encodedMessage(message);
    this.#source = source;
    this.#words = words;
  }

  lapse(): void {
    this.#lapsed = true;
    this.#source.fill("?");
  }

  get source(): Buffer {
    this.#look("source");
    return this.#source;
  }

  get words(): Uint32Array {
    this.#look("words");
    return this.#words;
  }

  get record(): number {
    return 0;
  }

  get sequence() {
    return this.#look("sequence").sequence;
  }

  get exchange() {
    return this.#look("exchange").exchange;
  }

  get routingKey() {
    return this.#look("routingKey").routingKey;
  }

  get messageId() {
    return this.#look("messageId").messageId;
  }

  get correlationId() {
    return this.#look("correlationId").correlationId;
  }

  get type() {
    return this.#look("type").type;
  }

  get timestamp() {
    return this.#look("timestamp").timestamp;
  }

  get headers() {
    return this.#look("headers").headers;
  }

  get contentEncoding() {
    return this.#look("contentEncoding").contentEncoding;
  }

  get own() {
    return this.#look("own").own;
  }

  get relayed() {
    return this.#look("relayed").relayed;
  }

  body(): Buffer {
    const body = Buffer.from(this.#look("body()").body());
    this.#bodies.push(body);
    return body;
  }

  detach(changes?: MessageChanges): OutboundMessage {
    return this.#look("detach()").detach(changes);
  }

  #look(what: string): OutboundMessage {
    if (this.#lapsed) this.#late(`${what} of a message`);
    return this.#message;
  }
}
