import type { MessageChanges, OutboundBatch, OutboundMessage } from "@streamll/core";
import type { PreparedMessage } from "@streamll/core/internal";

/** What a transport is handed in the place of a batch: it hears of each look at it that comes too late. */
export interface View {
  readonly batch: OutboundBatch;
  /** `publish` has returned. */
  lapse(): void;
  /** The message is settled: the bytes that its body was given as are used for something else. */
  reuse(index: number): void;
}

/** @param late is told what was looked at after `publish` had returned. */
export function viewOf(messages: OutboundBatch, late: (what: string) => void): View {
  let lapsed = false;
  const look = (what: string) => {
    if (lapsed) late(what);
  };
  const views = messages.map((message) => new MessageView(message, look));
  return {
    batch: new Proxy(views, {
      get(target, property, receiver) {
        // How many there were is asked at the very end: settle(0, batch.length, …).
        if (property !== "length") look("the batch");
        return Reflect.get(target, property, receiver);
      },
    }),
    lapse() {
      lapsed = true;
    },
    reuse: (index) => views[index]?.reuse(),
  };
}

/** As a sink hands it over, with the text of what it encoded itself. */
class MessageView implements OutboundMessage {
  readonly #message: OutboundMessage;
  readonly #look: (what: string) => void;
  readonly #bodies: Buffer[] = [];

  constructor(message: OutboundMessage, look: (what: string) => void) {
    this.#message = message;
    this.#look = look;
  }

  get sequence() {
    return this.#at("sequence").sequence;
  }

  get exchange() {
    return this.#at("exchange").exchange;
  }

  get routingKey() {
    return this.#at("routingKey").routingKey;
  }

  get messageId() {
    return this.#at("messageId").messageId;
  }

  get correlationId() {
    return this.#at("correlationId").correlationId;
  }

  get type() {
    return this.#at("type").type;
  }

  get timestamp() {
    return this.#at("timestamp").timestamp;
  }

  get headers() {
    return this.#at("headers").headers;
  }

  get sessionId() {
    return this.#at("sessionId").sessionId;
  }

  get partitionKey() {
    return this.#at("partitionKey").partitionKey;
  }

  get text(): string | undefined {
    return (this.#at("text") as Partial<PreparedMessage>).text;
  }

  get bytes(): number | undefined {
    return (this.#at("bytes") as Partial<PreparedMessage>).bytes;
  }

  body(): Buffer {
    const body = Buffer.from(this.#at("body()").body());
    this.#bodies.push(body);
    return body;
  }

  detach(changes?: MessageChanges): OutboundMessage {
    return this.#at("detach()").detach(changes);
  }

  reuse(): void {
    for (const body of this.#bodies.splice(0)) body.fill("?");
  }

  #at(what: string): OutboundMessage {
    this.#look(`${what} of a message`);
    return this.#message;
  }
}
