import { type ContentHeader, checkContentHeader } from "./content-header.js";
import { Amqp091Delivery, type DeliveryInfo } from "./delivery.js";
import { type FrameReader, MalformedFrameError } from "./frame-reader.js";
import { RepeatedText } from "./repeated-text.js";

const METHOD = 1;
const HEADER = 2;
const BODY = 3;
/** Class basic, method deliver. */
const BASIC_DELIVER = 0x003c_003c;
const nothing = Buffer.alloc(0);

/**
 * Puts the frames of one channel together to deliveries: basic.deliver, a content header, and bodies until all of the
 * size is there. Of a body in one frame nothing is copied.
 */
export class DeliveryReader {
  readonly #channel: number;
  readonly #received: (delivery: Amqp091Delivery) => void;
  #info: DeliveryInfo | undefined;
  #header: ContentHeader | undefined;
  #parts: Buffer[] = [];
  #missing = 0;
  readonly #exchange = new RepeatedText();
  readonly #routingKey = new RepeatedText();
  readonly #texts = { contentType: new RepeatedText(), correlationId: new RepeatedText() };

  /** @param received told of each delivery. */
  constructor(channel: number, received: (delivery: Amqp091Delivery) => void) {
    this.#channel = channel;
    this.#received = received;
  }

  /** Whether a frame is a part of a delivery; all others are somebody else's. */
  takes({ type, channel, bytes, start, end }: FrameReader): boolean {
    if (channel !== this.#channel) return false;
    if (type === HEADER || type === BODY) return true;
    return type === METHOD && end - start >= 4 && bytes.readUInt32BE(start) === BASIC_DELIVER;
  }

  /**
   * Takes a part.
   *
   * @throws MalformedFrameError
   */
  read({ type, bytes, start, end }: FrameReader): void {
    if (type === BODY) this.#body(bytes.subarray(start, end));
    else if (type === METHOD) {
      if (this.#info !== undefined) throw new MalformedFrameError("a delivery within another one");
      this.#info = this.#deliver(bytes, start + 4, end);
    } else {
      if (this.#info === undefined || this.#header !== undefined)
        throw new MalformedFrameError("a content header without its delivery");
      this.#header = checkContentHeader(bytes, start, end);
      this.#missing = this.#header.bodySize;
      if (this.#missing === 0) this.#done(nothing);
    }
  }

  #deliver(bytes: Buffer, start: number, end: number): DeliveryInfo {
    const tagAt = start + 1 + (bytes[start] ?? 0);
    const exchangeAt = tagAt + 9;
    const keyAt = exchangeAt + 1 + (bytes[exchangeAt] ?? 0);
    const keyEnd = keyAt + 1 + (bytes[keyAt] ?? 0);
    if (keyEnd > end) throw new MalformedFrameError("a delivery that is cut");
    return {
      // Exact: no channel lives for 2⁵³ deliveries.
      tag: bytes.readUInt32BE(tagAt) * 0x1_0000_0000 + bytes.readUInt32BE(tagAt + 4),
      redelivered: (bytes[tagAt + 8]! & 1) === 1,
      exchange: this.#exchange.read(bytes, exchangeAt + 1, keyAt),
      routingKey: this.#routingKey.read(bytes, keyAt + 1, keyEnd),
    };
  }

  #body(part: Buffer): void {
    if (this.#header === undefined) throw new MalformedFrameError("a body without its content header");
    if (part.length > this.#missing) throw new MalformedFrameError("a body that is longer than it says");
    this.#missing -= part.length;
    if (this.#missing === 0 && this.#parts.length === 0) return this.#done(part);
    // An empty one would take memory all the same.
    if (part.length > 0) this.#parts.push(part);
    if (this.#missing === 0) this.#done(Buffer.concat(this.#parts));
  }

  #done(body: Buffer): void {
    const info = this.#info!;
    const delivery = new Amqp091Delivery(info, this.#header!, body, this.#texts);
    this.#info = undefined;
    this.#header = undefined;
    if (this.#parts.length > 0) this.#parts = [];
    this.#received(delivery);
  }
}
