import { property } from "../event/shapes.js";

/** Remembers the errors recorded for calls, so that one that then ends the process is not recorded twice. */
export class RecordedFailures {
  readonly #objects = new WeakSet<object>();
  /** The last one that is not an object. */
  #last: unknown;

  add(error: unknown): void {
    if (isObject(error)) this.#objects.add(error);
    else this.#last = error;
  }

  has(error: unknown): boolean {
    if (!isObject(error)) return error !== undefined && error === this.#last;
    return this.#objects.has(error) || this.#wrapsLast(error);
  }

  /** If a promise is rejected with a value that is no error, Node wraps it in an error whose message quotes it. */
  #wrapsLast(error: object): boolean {
    if (this.#last === undefined || property(error, "code") !== "ERR_UNHANDLED_REJECTION") return false;
    return String(property(error, "message")).includes(`reason "${String(this.#last)}"`);
  }
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
