import type { Delivery } from "./seam.js";

/** What a handler is told beside the delivery. */
export interface HandlerContext {
  /** Aborts when the time of this try is over, and at the end of `stop()`: what the handler does then does not count. */
  readonly signal: AbortSignal;
  /** Whether `signal` has aborted. */
  readonly isOver: boolean;
  /** From 1. */
  readonly attempt: number;
}

/** Returning is done; throwing, or rejecting, is another try or the end of it. */
export type Handle = (delivery: Delivery, context: HandlerContext) => unknown;

/** One try of a handler. Its signal is made when it is asked for: most handlers never do, and it is dear. */
export class Try implements HandlerContext {
  readonly attempt: number;
  #aborter: AbortController | undefined;
  #over: { readonly reason: unknown } | undefined;

  constructor(attempt: number) {
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController();
      if (this.#over !== undefined) this.#aborter.abort(this.#over.reason);
    }
    return this.#aborter.signal;
  }

  get isOver(): boolean {
    return this.#over !== undefined;
  }

  abort(reason: unknown): void {
    this.#over ??= { reason };
    this.#aborter?.abort(reason);
  }
}
