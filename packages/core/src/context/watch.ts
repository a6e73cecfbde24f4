import type { Readable } from "node:stream";
import { types } from "node:util";
import { type Method, methodOf, ownData } from "../fields.js";
import { isObject } from "../realm.js";
import type { Call } from "./call.js";
import type { CallReading } from "./call-around.js";
import { cancelWhenCollected } from "./cancel-when-collected.js";
import { safely } from "./context.js";
import { type Reader, watchIterable, watchIterator, watchOrigin } from "./iteration.js";
import { type MemberObserver, observeMembers } from "./observe-members.js";
import { override } from "./override.js";
import { isThenable, type Outcome, observe } from "./promise.js";
import { watchReadable } from "./readable.js";
import { Reading } from "./reading.js";
import { isResponse, isSpent, shapeOf, streamIn } from "./shape.js";
import { teed, watchWebStream } from "./web-stream.js";

/**
 * Ends a call by what the program does with its result: it reads a stream, or waits for a promise that one of the
 * result's methods returned. Of several ways to read the result, the one that yields the first chunk is recorded, and
 * once a stream is being read no promise ends the call.
 */
export class Watch implements MemberObserver {
  readonly #call: Call;
  readonly #reading: CallReading;
  readonly #outcome: Outcome = {
    fulfilled: (value) => this.#settled(value),
    rejected: (error) => this.#fail(error),
  };
  readonly #seen = new WeakSet<object>();
  /** The way by which chunks arrive. It is not the stream itself, which the call must not keep in memory. */
  #source: symbol | undefined;

  constructor(call: Call) {
    this.#call = call;
    this.#reading = call.reading ?? new Reading(call);
  }

  canWatch(value: object): boolean {
    return shapeOf(value, this.#call.isLlm) !== undefined;
  }

  /** @throws TypeError if the result is frozen. */
  begin(result: object): void {
    this.#watch(result, this.#reader());
    this.#call.reading = this.#reading;
    cancelWhenCollected(result, this.#call);
  }

  calling(name: PropertyKey, args: unknown[]): unknown[] {
    const [handler] = args;
    if (name !== "catch" || typeof handler !== "function") return args;
    const recordingHandler = (error: unknown) => {
      this.#fail(error);
      return handler(error);
    };
    return [recordingHandler];
  }

  returned(object: object, name: PropertyKey, result: unknown): void {
    if (!this.#call.isOpen) return;
    if (isEnding(name) && this.#source === undefined) return this.#call.cancel();
    if (typeof result !== "object" || result === null || result === object || types.isProxy(result)) return;
    safely(this.#call.configuration, () => {
      if (Array.isArray(result)) this.#watchBranches(result);
      else this.#watchGiven(result, this.#reader());
    });
  }

  /** Watches what a method returned, or a promise of it, if it can be watched. */
  #watchGiven(value: object, reader: Reader): void {
    try {
      if (types.isPromise(value)) this.#observe(value);
      else if (this.canWatch(value) && !isSpent(value)) this.#watch(value, reader);
    } catch {
      // It is frozen. The program may read the result in another way.
    }
  }

  /** Watches the two branches that a client's own `tee` returned. */
  #watchBranches(branches: readonly unknown[]): void {
    const [left, right] = [ownData(branches, 0), ownData(branches, 1)];
    if (branches.length !== 2 || !isObject(left) || !isObject(right)) return;
    const readers = teed(this.#reader());
    this.#watchGiven(left, readers[0]);
    this.#watchGiven(right, readers[1]);
  }

  #watch(value: object, reader: Reader): void {
    if (this.#seen.has(value)) return;
    this.#seen.add(value);
    switch (shapeOf(value, this.#call.isLlm)) {
      case "web":
        return watchWebStream(value as ReadableStream, reader);
      case "generator":
        return watchIterator(value, reader);
      case "readable":
        return watchReadable(value as Readable, reader);
      case "events":
        return watchEvents(value, reader);
      case "iterable":
        watchIterable(value, untilAborted(reader, value));
        // It counts as a way of its own, since the object may iterate over its own `iterator`.
        watchOrigin(value, "iterator", untilAborted(this.#reader(), value));
        if (isThenable(value)) this.#observe(value);
        return this.#observeMembers(value);
      case "holder": {
        const stream = streamIn(value);
        if (stream !== undefined) this.#watchGiven(stream, reader);
        return this.#observeMembers(value);
      }
      case "thenable":
        observe(value, this.#outcome);
        return this.#observeMembers(value);
      case "response":
        return this.#observeMembers(value);
    }
  }

  #observeMembers(value: object): void {
    this.#call.onceEnded(observeMembers(value, this));
  }

  #observe(promise: object): void {
    if (types.isPromise(promise) && this.#seen.has(promise)) return;
    observe(promise, this.#outcome);
  }

  #settled(value: unknown): void {
    if (this.#source !== undefined || !this.#call.isOpen) return;
    const result = isObject(value) ? dataBeside(value) : value;
    if (!isObject(result) || types.isProxy(result) || types.isPromise(result) || !this.canWatch(result))
      return this.#reading.finish(result);
    if (isSpent(result)) return this.#reading.finish(undefined);
    try {
      this.#watch(result, this.#reader());
    } catch {
      this.#reading.abandon();
    }
  }

  #fail(error: unknown): void {
    if (this.#source === undefined) this.#reading.fail(error);
  }

  /** Creates the reader for one way to read the result. */
  #reader(): Reader {
    const way = Symbol("way");
    const isSource = () => {
      this.#source ??= way;
      return this.#source === way;
    };
    const reading = this.#reading;
    return {
      call: this.#call,
      read: (chunk) => void (isSource() && reading.read(chunk)),
      // Breaking off in any way ends the call, as nothing reads on.
      end: (how) => void ((how !== undefined || isSource()) && reading.end(how)),
      abandon: () => void (isSource() && reading.abandon()),
      fail: (error) => void (isSource() && reading.fail(error)),
    };
  }
}

const isEnding = (name: PropertyKey): boolean => name === "abort" || name === "cancel" || name === "destroy";

/** `withResponse` of OpenAI's and Anthropic's clients resolves to `{ data, response }`. */
function dataBeside(value: object): unknown {
  const response = ownData(value, "response");
  const data = ownData(value, "data");
  return data !== undefined && isObject(response) && isResponse(response) ? data : value;
}

/** An aborted stream of a client ends as if it had been read to its end. */
function untilAborted(reader: Reader, stream: object): Reader {
  const end: Reader["end"] = (how) => reader.end(how ?? (isAborted(stream) ? "cancelled" : undefined));
  return { ...reader, end };
}

const getterOf = (prototype: object, name: string) =>
  Object.getOwnPropertyDescriptor(prototype, name)?.get as () => unknown;
const signalOf = getterOf(AbortController.prototype, "signal");
const abortedOf = getterOf(AbortSignal.prototype, "aborted");

function isAborted(stream: object): boolean {
  try {
    return Reflect.apply(abortedOf, Reflect.apply(signalOf, ownData(stream, "controller"), []), []) === true;
  } catch {
    // The stream has no controller, or one that is not Node's.
    return false;
  }
}

const chunks: ReadonlySet<unknown> = new Set(["streamEvent", "chunk", "event"]);

/** Watches a stream helper of OpenAI or Anthropic by `_emit`, which each of its events goes through. */
function watchEvents(emitter: object, reader: Reader): void {
  const emit = methodOf(emitter, "_emit") as Method;
  override(emitter, "_emit", emit, function (...args) {
    const [event, value] = args;
    safely(reader.call.configuration, () => {
      if (chunks.has(event)) reader.read(value);
      else if (event === "error") reader.fail(value);
      else if (event === "abort") reader.end("cancelled");
      else if (event === "end") reader.end();
    });
    return Reflect.apply(emit, this, args);
  });
}
