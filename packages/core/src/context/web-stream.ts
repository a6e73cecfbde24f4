import { ReadableStream, type ReadableStreamDefaultReader } from "node:stream/web";
import { dataOf, type Method, methodOf } from "../fields.js";
import { context } from "./context.js";
import { type Reader, watchIterator, watchStep } from "./iteration.js";
import { override } from "./override.js";
import { isThenable, observe } from "./promise.js";
import { relay } from "./relay.js";

const locked = Object.getOwnPropertyDescriptor(ReadableStream.prototype, "locked")?.get as () => boolean;

/** Also one that Node makes by `tee`, `pipeThrough` or `from`, which has a class of its own. */
export function isWebStream(value: object): value is ReadableStream {
  if (dataOf(value, Symbol.toStringTag) !== "ReadableStream") return false;
  try {
    return isLocked(value as ReadableStream) !== undefined;
  } catch {
    return false;
  }
}

/** @throws TypeError for what is no stream of Node's. */
export const isLocked = (stream: ReadableStream): boolean => Reflect.apply(locked, stream, []);

/**
 * Watches a `ReadableStream` however it is read. It stays the very same, and unlocked until the program reads it: what
 * is watched is each way to read it.
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
          // Locked, it throws; with preventCancel the program may go on to read where the pipe ended.
          const options = args[1];
          const isKept = typeof options === "object" && options !== null && dataOf(options, "preventCancel");
          if (isKept) reading.lose();
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
  // What is pending then is rejected, and the stream can be read on.
  let isCancelled = false;
  const held: Reader = {
    ...bound(reading),
    // What is read while it is cancelled ends like what is read out.
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

/** Both branches have the same chunks: each is told by the branch that gets it first. */
export function teed(reading: Reader): readonly [Reader, Reader] {
  let told = 0;
  let cancelled = 0;
  const branch = (): Reader => {
    let count = 0;
    return {
      ...bound(reading),
      read(chunk) {
        if (++count <= told) return;
        told = count;
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
  lose: () => reading.lose(),
  fail: (error) => reading.fail(error),
});
