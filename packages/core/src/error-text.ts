import { isError } from "./realm.js";

/** If every address of a host was tried, the message is empty and the reasons are in `errors`. */
export function textOf(error: unknown): string {
  if (!isError(error)) return textOfThrown(error);
  const { message, errors } = error as Partial<AggregateError>;
  const isAggregate = message === "" && Array.isArray(errors);
  return isAggregate ? [...new Set(errors.map(textOf))].join("; ") : String(message).trim();
}

/** What was thrown as an error. */
export const errorOf = (thrown: unknown): Error => (isError(thrown) ? thrown : new Error(textOf(thrown)));

/** Anything can be thrown, even a value that cannot be converted to text. */
function textOfThrown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something unreadable was thrown";
  }
}
