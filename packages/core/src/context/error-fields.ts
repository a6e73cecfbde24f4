import { nameOfError } from "../callback.js";
import { property } from "../event/shapes.js";
import { dataOf, ownData } from "../fields.js";
import { isError } from "../realm.js";

/** Stands for a result or an error that could not be observed. */
export const notWatched = Symbol("[Not watched]");

export const typeOfError = (error: unknown): string =>
  error === notWatched ? "unknown" : nameOfError(error);

const maxCauses = 5;

/** The fields of anything that can be thrown. `error_message` and `traceback` are named as in the Python package. */
export function errorData(error: unknown): object {
  if (error === notWatched) return { error_message: notWatched.description };
  if (!isError(error)) return messageOf(error);
  return {
    error_message: property(error, "message"),
    traceback: property(error, "stack"),
    ...codesOf(error),
    ...causeOf(error, 1),
  };
}

/** The message of a thrown value that is no `Error`: some programs throw the error object that a provider sent. */
function messageOf(error: unknown): object {
  if (typeof error !== "object" || error === null) return { error_message: error };
  const message = ownData(error, "message");
  return typeof message === "string"
    ? { error_message: message, ...codesOf(error) }
    : { error_message: error };
}

/** The status and code that HTTP clients put on their errors. */
function codesOf(error: object): object {
  const status = [dataOf(error, "status"), dataOf(error, "statusCode")].find(
    (value) => typeof value === "number",
  );
  const code = dataOf(error, "code");
  const hasCode = typeof code === "string" || typeof code === "number";
  return { ...(status !== undefined && { status }), ...(hasCode && { code }) };
}

function causeOf(error: object, depth: number): object {
  const cause = dataOf(error, "cause");
  if (cause === undefined || cause === null || depth > maxCauses) return {};
  if (!isError(cause)) return { cause };
  const named = { error_type: nameOfError(cause), error_message: property(cause, "message") };
  return { cause: { ...named, ...codesOf(cause), ...causeOf(cause, depth + 1) } };
}
