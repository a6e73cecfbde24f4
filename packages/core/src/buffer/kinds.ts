import type { EncodedEvent } from "./encoded-event.js";
import { kindText, type RecordPlace } from "./record.js";

/** Texts of kinds are kept up to so many characters; then all are forgotten. */
const MOST_TEXT = 64 * 1024;

type Kind = Pick<EncodedEvent, "routingKey" | "headers" | "exchange" | "own" | "contentEncoding">;

/**
 * Numbers the kinds of records: two with the same number differ in ids, type, time and body at most. Records that are
 * alike have different numbers only where one of them was numbered before the kinds were forgotten.
 */
export class Kinds {
  readonly #numbers = new Map<string, number>();
  #text = 0;
  #last = 0;
  // Consecutive events are mostly of one kind, and share its texts and headers.
  #kind: Kind = {
    routingKey: "",
    headers: {},
    exchange: undefined,
    own: undefined,
    contentEncoding: undefined,
  };
  #number = 0;

  /** Whether the event is of the kind of this number, which was the last one. */
  isLast(event: EncodedEvent, number: number): boolean {
    return number === this.#number && this.#isSame(event);
  }

  /** @param place where the record of the event lies. */
  ofEvent(event: EncodedEvent, place: Readonly<RecordPlace>): number {
    if (this.#isSame(event)) return this.#number;
    const { routingKey, headers, exchange, own, contentEncoding } = event;
    this.#kind = { routingKey, headers, exchange, own, contentEncoding };
    this.#number = this.ofRecord(place);
    return this.#number;
  }

  #isSame({ routingKey, headers, exchange, own, contentEncoding }: EncodedEvent): boolean {
    const kind = this.#kind;
    return (
      headers === kind.headers &&
      routingKey === kind.routingKey &&
      own === kind.own &&
      exchange === kind.exchange &&
      contentEncoding === kind.contentEncoding
    );
  }

  ofRecord(place: Readonly<RecordPlace>): number {
    const text = kindText(place);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      if (this.#text + text.length > MOST_TEXT) {
        this.#numbers.clear();
        this.#text = 0;
      }
      number = ++this.#last;
      this.#numbers.set(text, number);
      this.#text += text.length;
    }
    return number;
  }
}
