import { type CauseOptions, StreamllError } from "../errors.js";

/**
 * Thrown by a handler: the event is to be tried again, and not before so many milliseconds. It uses up a try. Code
 * `RETRY_LATER`.
 *
 * @example
 * if (response.status === 429) throw new RetryLater(60_000);
 */
export class RetryLater extends StreamllError {
  override name = "RetryLater";
  readonly delayMs: number;

  /** @throws RangeError for a delay that is no number from 0 to 2,147,483,647 (24.8 days). */
  constructor(delayMs: number, options?: CauseOptions) {
    if (!(delayMs >= 0 && delayMs < 2 ** 31))
      throw new RangeError("new RetryLater(ms) takes milliseconds from now: a number from 0 to 2147483647");
    super("RETRY_LATER", `try again in ${delayMs} ms`, options);
    this.delayMs = delayMs;
  }
}

/**
 * Thrown by a handler: no further try can help, and the message becomes a dead letter at once.
 *
 * @example
 * if (event.data.amount === undefined) throw new DeadLetter("NO_AMOUNT", "the event has no amount");
 */
export class DeadLetter extends StreamllError {
  override name = "DeadLetter";

  /**
   * @param code such as `NO_AMOUNT`: what `stats`, logs and the broker tell.
   * @param why for people; it may be logged and stored by the broker, so it must hold no data of the event.
   */
  constructor(code: string, why: string, options?: CauseOptions) {
    super(code, why, options);
  }
}

/** What a handling is broken off with that nobody tried: it is given back, and no try is used up. */
export class GivenBack extends StreamllError {
  constructor() {
    super("STOPPED", "given back to the broker, untried");
  }
}
