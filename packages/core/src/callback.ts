import { types } from "node:util";
import { isError } from "./realm.js";

/**
 * Runs a callback of the user's. What it throws, or rejects with if it is async, goes to `failed` and never to the
 * host program.
 */
export function runCallback(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = callback();
    if (isThenable(result)) Promise.resolve(result).catch(failed);
  } catch (error) {
    failed(error);
  }
}

const notAtOnce = new Error("is async, but must return at once");

/** Returns the result of a user's function. An async function cannot be awaited here, and counts as one that threw. */
export function answerOf<T>(ask: () => T): T {
  const answer = ask();
  if (!isThenable(answer)) return answer;
  Promise.resolve(answer).catch(() => {});
  throw notAtOnce;
}

/** Completes a sentence about what a user's function did wrong. */
export const faultOf = (error: unknown): string =>
  error === notAtOnce ? notAtOnce.message : `threw ${nameOfError(error)}`;

/** Whether `then` is a method. A field of that name is not enough: a JSON schema has one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

const longestName = 200;

/** The class of a thrown value. Logs show it instead of the message, which may contain data. */
export function nameOfError(error: unknown): string {
  if (types.isProxy(error)) return "something unreadable";
  try {
    if (!isError(error)) return typeof error;
    const name: unknown = error.name === "Error" ? error.constructor.name : error.name;
    return typeof name === "string" ? name.slice(0, longestName) : "Error";
  } catch {
    return "something unreadable";
  }
}
