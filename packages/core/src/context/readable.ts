import type { Readable } from "node:stream";
import { type Method, methodOf, ownData } from "../fields.js";
import { isError } from "../realm.js";
import { context, safely } from "./context.js";
import type { Reader } from "./iteration.js";
import { override } from "./override.js";

/**
 * Watches a Node.js stream by its `emit`, which every way to read it calls. Listeners would change the program: one for
 * `data` makes the stream flow, and one for `error` makes an unhandled error count as handled.
 */
export function watchReadable(stream: Readable, reading: Reader): void {
  const emit = methodOf(stream, "emit") as Method;
  const read = methodOf(stream, "_read") as Method;
  override(stream, "emit", emit, function (...args) {
    safely(reading.call.configuration, () => record(reading, args));
    return Reflect.apply(emit, this, args);
  });
  // The code that produces the chunks runs in the call, whoever reads them.
  override(stream, "_read", read, function (size) {
    return context.calls.run(reading.call, () => Reflect.apply(read, this, [size]));
  });
}

function record(reading: Reader, [event, value]: readonly unknown[]): void {
  if (event === "data") reading.read(value);
  else if (event === "end") reading.end();
  else if (event === "close" || (event === "error" && isAbort(value))) reading.end("cancelled");
  else if (event === "error") reading.fail(value);
}

/** A loop that breaks off destroys the stream with an AbortError. */
function isAbort(error: unknown): boolean {
  return isError(error) && ownData(error, "code") === "ABORT_ERR";
}
