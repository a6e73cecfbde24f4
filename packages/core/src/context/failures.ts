import { property } from "../event/shapes.js";

/** What is recorded as the error of a call, so that what then ends the process is not recorded again. */
export class RecordedFailures {
  readonly #objects = new WeakSet<object>();
  /** Of what is no object the last. */
  #last: unknown;

  add(error: unknown): void {
    if (isObject(error)) this.#objects.add(error);
    else this.#last = error;
  }

  has(error: unknown): boolean {
    if (!isObject(error)) return error !== undefined && error === this.#last;
    return this.#objects.has(error) || this.#wrapsLast(error);
  }

  /** Node wraps the reason of a rejection that is no error, and quotes it. */
  #wrapsLast(error: object): boolean {
    if (this.#last === undefined || property(error, "code") !== "ERR_UNHANDLED_REJECTION") return false;
    return String(property(error, "message")).includes(`reason "${String(this.#last)}"`);
  }
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
