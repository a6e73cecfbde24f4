import type { Readable } from "node:stream";
import { type Method, methodOf, ownData } from "../fields.js";
import { isError } from "../realm.js";
import { aside, context } from "./context.js";
import type { Reader } from "./iteration.js";
import { override } from "./override.js";

/**
 * Watches a stream of Node's however it is read, as each way emits what it reads. Listeners would not do: one for
 * data makes the stream flow, one for errors keeps an error that nobody handles from ending the program.
 */
export function watchReadable(stream: Readable, reading: Reader): void {
  const emit = methodOf(stream, "emit") as Method;
  const read = methodOf(stream, "_read") as Method;
  override(stream, "emit", emit, function (...args) {
    aside(reading.call.configuration, () => tell(reading, args));
    return Reflect.apply(emit, this, args);
  });
  // What makes the chunks is in its call, whoever reads them.
  override(stream, "_read", read, function (size) {
    return context.calls.run(reading.call, () => Reflect.apply(read, this, [size]));
  });
}

function tell(reading: Reader, [event, value]: readonly unknown[]): void {
  if (event === "data") reading.read(value);
  else if (event === "end") reading.end();
  else if (event === "close" || (event === "error" && isAbort(value))) reading.end("cancelled");
  else if (event === "error") reading.fail(value);
}

/** A loop that breaks off destroys the stream with such an error. */
function isAbort(error: unknown): boolean {
  return isError(error) && ownData(error, "code") === "ABORT_ERR";
}
