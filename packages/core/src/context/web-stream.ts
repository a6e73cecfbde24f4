import { ReadableStream, type ReadableStreamDefaultReader } from "node:stream/web";
import { dataOf, type Method, methodOf } from "../fields.js";
import { context } from "./context.js";
import { type Reader, watchIterator, watchStep } from "./iteration.js";
import { override } from "./override.js";
import { isThenable, observe } from "./promise.js";
import { relay } from "./relay.js";

const locked = Object.getOwnPropertyDescriptor(ReadableStream.prototype, "locked")?.get as () => boolean;

/** Recognises also the streams of `tee`, `pipeThrough` and `from`, which have another class in Node. */
export function isWebStream(value: object): value is ReadableStream {
  if (dataOf(value, Symbol.toStringTag) !== "ReadableStream") return false;
  try {
    return isLocked(value as ReadableStream) !== undefined;
  } catch {
    return false;
  }
}

/** @throws TypeError for anything but a stream of Node's. */
export const isLocked = (stream: ReadableStream): boolean => Reflect.apply(locked, stream, []);

/**
 * Watches every way to read a `ReadableStream`. The stream keeps its identity, and stays unlocked until the program
 * reads it.
 */
export function watchWebStream(stream: ReadableStream, reading: Reader): void {
  const getReader = methodOf(stream, "getReader") as Method;
  const readerOf = () => Reflect.apply(getReader, stream, []) as ReadableStreamDefaultReader;

  watchMethod(
    stream,
    "getReader",
    (method) =>
      function (...args) {
        const reader = Reflect.apply(method, this, args);
        if (typeof reader === "object" && reader !== null) watchReader(reader, reading);
        return reader;
      },
  );
  for (const name of ["values", Symbol.asyncIterator]) {
    watchMethod(
      stream,
      name,
      (method) =>
        function (...args) {
          const iterator = Reflect.apply(method, this, args);
          if (typeof iterator === "object" && iterator !== null) watchIterator(iterator, reading, true);
          return iterator;
        },
    );
  }
  watchMethod(stream, "cancel", (method) => cancelling(method, reading));
  for (const name of ["pipeTo", "pipeThrough"] as const) {
    watchMethod(
      stream,
      name,
      (method) =>
        function (...args) {
          // Piping a locked stream throws. With `preventCancel` the program may read on where the pipe stopped.
          const options = args[1];
          const isKept = typeof options === "object" && options !== null && dataOf(options, "preventCancel");
          if (isKept) reading.abandon();
          if (isKept || isLocked(stream)) return Reflect.apply(method, this, args);
          const { readable, take } = relay(readerOf, reading);
          const result = Reflect.apply(method, readable, args);
          if (readable.locked) take();
          return result;
        },
    );
  }
  watchMethod(
    stream,
    "tee",
    (method) =>
      function (...args) {
        const branches = Reflect.apply(method, this, args) as [ReadableStream, ReadableStream];
        const readings = teed(reading);
        for (const index of [0, 1] as const) watchWebStream(branches[index], readings[index]);
        return branches;
      },
  );
}

type Watched = (this: object, ...args: unknown[]) => unknown;

function watchMethod(object: object, name: PropertyKey, watched: (method: Method) => Watched): void {
  const method = methodOf(object, name);
  if (method !== undefined) override(object, name, method, watched(method));
}

function watchReader(reader: object, reading: Reader): void {
  let isReleased = false;
  watchMethod(
    reader,
    "releaseLock",
    (method) =>
      function (...args) {
        isReleased = true;
        return Reflect.apply(method, this, args);
      },
  );
  // Releasing the lock rejects pending reads, which is no failure of the stream.
  let isCancelled = false;
  const held: Reader = {
    ...bound(reading),
    // A read that is pending when the stream is cancelled ends like one at the end of the stream.
    end: (how) => reading.end(how ?? (isCancelled ? "cancelled" : undefined)),
    fail: (error) => isReleased || reading.fail(error),
  };
  watchMethod(
    reader,
    "read",
    (method) =>
      function (...args) {
        return watchStep(held, () => Reflect.apply(method, this, args), false, true);
      },
  );
  watchMethod(reader, "cancel", (method) => {
    const cancel = cancelling(method, held);
    return function (...args) {
      isCancelled = true;
      return Reflect.apply(cancel, this, args);
    };
  });
}

const cancelling = (method: Method, reading: Reader): Watched =>
  function (...args) {
    const result: unknown = context.calls.run(reading.call, () => Reflect.apply(method, this, args));
    if (typeof result !== "object" || result === null || !isThenable(result)) return result;
    const fulfilled = () => reading.end("cancelled");
    return observe(result, { fulfilled, rejected: (error) => reading.fail(error) }, true);
  };

/** Both branches get the same chunks: each chunk is recorded when the first of them gets it. */
export function teed(reading: Reader): readonly [Reader, Reader] {
  let recorded = 0;
  let cancelled = 0;
  const branch = (): Reader => {
    let count = 0;
    return {
      ...bound(reading),
      read(chunk) {
        if (++count <= recorded) return;
        recorded = count;
        reading.read(chunk);
      },
      end(how) {
        if (how === undefined || ++cancelled === 2) reading.end(how);
      },
    };
  };
  return [branch(), branch()];
}

const bound = (reading: Reader): Reader => ({
  call: reading.call,
  read: (chunk) => reading.read(chunk),
  end: (how) => reading.end(how),
  abandon: () => reading.abandon(),
  fail: (error) => reading.fail(error),
});
