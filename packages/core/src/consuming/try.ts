import type { Delivery } from "./seam.js";

/** What a handler is told beside the delivery. */
export interface HandlerContext {
  /** Aborts when the time of this try is over, and at the end of `stop()`: what the handler does then does not count. */
  readonly signal: AbortSignal;
  /** Whether `signal` has aborted. */
  readonly isOver: boolean;
  /** From 1. */
  readonly attempt: number;
  /** Nothing else begins before this try has ended: it is of a message that may be what ends the process. */
  readonly isAlone: boolean;
  /** The time of this try runs only from {@link begin} on. */
  hold(): void;
  begin(): void;
}

/** Returning is done; throwing, or rejecting, is another try or the end of it. */
export type Handle = (delivery: Delivery, context: HandlerContext) => unknown;

/** Whose time runs while a try does. */
export interface TryOwner {
  held(of: Try): void;
  begun(of: Try): void;
}

/** One try of a handler. Its signal is made when it is asked for: most handlers never do, and it is dear. */
export class Try implements HandlerContext {
  readonly attempt: number;
  readonly isAlone: boolean;
  isHeld = false;
  readonly #owner: TryOwner;
  #aborter: AbortController | undefined;
  #over: { readonly reason: unknown } | undefined;

  constructor(attempt: number, isAlone: boolean, owner: TryOwner) {
    this.attempt = attempt;
    this.isAlone = isAlone;
    this.#owner = owner;
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

  hold(): void {
    this.isHeld = true;
    this.#owner.held(this);
  }

  begin(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.#owner.begun(this);
  }

  abort(reason: unknown): void {
    this.#over ??= { reason };
    this.#aborter?.abort(reason);
  }
}
