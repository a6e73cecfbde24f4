import { nameOfError } from "../callback.js";
import { property } from "../event/shapes.js";
import { dataOf, ownData } from "../fields.js";
import { isError } from "../realm.js";

/** In the place of what a call gave, or threw, where that could not be seen. */
export const notWatched = Symbol("[Not watched]");

export const typeOfError = (error: unknown): string =>
  error === notWatched ? "unknown" : nameOfError(error);

const mostCauses = 5;

/** Anything can be thrown. The first two names are those of the Python package. */
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

/** As providers send one, and as it is thrown by who takes it for an error. */
function messageOf(error: unknown): object {
  if (typeof error !== "object" || error === null) return { error_message: error };
  const message = ownData(error, "message");
  return typeof message === "string"
    ? { error_message: message, ...codesOf(error) }
    : { error_message: error };
}

/** What clients of HTTP say beside the message. */
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
  if (cause === undefined || cause === null || depth > mostCauses) return {};
  if (!isError(cause)) return { cause };
  const told = { error_type: nameOfError(cause), error_message: property(cause, "message") };
  return { cause: { ...told, ...codesOf(cause), ...causeOf(cause, depth + 1) } };
}
