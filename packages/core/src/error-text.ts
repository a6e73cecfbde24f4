import { isError } from "./realm.js";

/** Where every address of a host was tried the message is empty, and the reasons are inside. */
export function textOf(error: unknown): string {
  if (!isError(error)) return textOfThrown(error);
  const { message, errors } = error as Partial<AggregateError>;
  const isAggregate = message === "" && Array.isArray(errors);
  return isAggregate ? [...new Set(errors.map(textOf))].join("; ") : String(message).trim();
}

/** Anything can be thrown, also what no text can be made of. */
function textOfThrown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something unreadable was thrown";
  }
}
