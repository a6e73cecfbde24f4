import type { Readable } from "node:stream";
import { types } from "node:util";
import { type Method, methodOf, ownData } from "../fields.js";
import { isObject } from "../realm.js";
import { endWithout } from "./abandoned.js";
import type { Call } from "./call.js";
import type { CallReading } from "./call-around.js";
import { aside } from "./context.js";
import { type Reader, watchIterable, watchIterator, watchOrigin } from "./iteration.js";
import { type Lookout, lookOut } from "./lookout.js";
import { override } from "./override.js";
import { isThenable, type Outcome, observe } from "./promise.js";
import { watchReadable } from "./readable.js";
import { Reading } from "./reading.js";
import { isResponse, isSpent, shapeOf, streamIn } from "./shape.js";
import { teed, watchWebStream } from "./web-stream.js";

/**
 * Ends a call with what the program does with its result, whichever way that is: a stream is read, a promise settled
 * that one of its methods gave. The way that brings the first chunk tells of all; where a stream is read, no promise
 * ends the call.
 */
export class Watch implements Lookout {
  readonly #call: Call;
  readonly #reading: CallReading;
  readonly #outcome: Outcome = {
    fulfilled: (value) => this.#settled(value),
    rejected: (error) => this.#fail(error),
  };
  readonly #seen = new WeakSet<object>();
  /** By which way the chunks come: not the stream itself, which the call must not keep in memory. */
  #source: symbol | undefined;

  constructor(call: Call) {
    this.#call = call;
    this.#reading = call.reading ?? new Reading(call);
  }

  canWatch(value: object): boolean {
    return shapeOf(value, this.#call.isLlm) !== undefined;
  }

  /** @throws TypeError where it is frozen. */
  begin(result: object): void {
    this.#watch(result, this.#reader());
    this.#call.reading = this.#reading;
    endWithout(result, this.#call);
  }

  called(name: PropertyKey, args: unknown[]): unknown[] {
    const [handler] = args;
    if (name !== "catch" || typeof handler !== "function") return args;
    const told = (error: unknown) => {
      this.#fail(error);
      return handler(error);
    };
    return [told];
  }

  given(object: object, name: PropertyKey, result: unknown): void {
    if (!this.#call.isOpen) return;
    if (isEnding(name) && this.#source === undefined) return this.#call.cancel();
    if (typeof result !== "object" || result === null || result === object || types.isProxy(result)) return;
    aside(this.#call.configuration, () => {
      if (Array.isArray(result)) this.#watchBranches(result);
      else this.#watchGiven(result, this.#reader());
    });
  }

  /** What a method gave, or a promise of it: of no interest unless it can be watched. */
  #watchGiven(value: object, reader: Reader): void {
    try {
      if (types.isPromise(value)) this.#observe(value);
      else if (this.canWatch(value) && !isSpent(value)) this.#watch(value, reader);
    } catch {
      // Frozen: there may be other ways.
    }
  }

  /** A `tee` that is the client's own. */
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
        // One way by itself: what makes the iterators may be iterated over in its turn.
        watchOrigin(value, "iterator", untilAborted(this.#reader(), value));
        if (isThenable(value)) this.#observe(value);
        return this.#lookOut(value);
      case "holder": {
        const stream = streamIn(value);
        if (stream !== undefined) this.#watchGiven(stream, reader);
        return this.#lookOut(value);
      }
      case "thenable":
        observe(value, this.#outcome);
        return this.#lookOut(value);
      case "response":
        return this.#lookOut(value);
    }
  }

  #lookOut(value: object): void {
    this.#call.whenOver(lookOut(value, this));
  }

  #observe(promise: object): void {
    if (types.isPromise(promise) && this.#seen.has(promise)) return;
    observe(promise, this.#outcome);
  }

  #settled(value: unknown): void {
    if (this.#source !== undefined || !this.#call.isOpen) return;
    const told = isObject(value) ? dataBeside(value) : value;
    if (!isObject(told) || types.isProxy(told) || types.isPromise(told) || !this.canWatch(told))
      return this.#reading.finish(told);
    if (isSpent(told)) return this.#reading.finish(undefined);
    try {
      this.#watch(told, this.#reader());
    } catch {
      this.#reading.lose();
    }
  }

  #fail(error: unknown): void {
    if (this.#source === undefined) this.#reading.fail(error);
  }

  /** For one way to read it. */
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
      // Whoever reads it breaks off: nobody reads on.
      end: (how) => void ((how !== undefined || isSource()) && reading.end(how)),
      lose: () => void (isSource() && reading.lose()),
      fail: (error) => void (isSource() && reading.fail(error)),
    };
  }
}

const isEnding = (name: PropertyKey): boolean => name === "abort" || name === "cancel" || name === "destroy";

/** `withResponse` of OpenAI's and Anthropic's clients gives `{ data, response }`. */
function dataBeside(value: object): unknown {
  const response = ownData(value, "response");
  const data = ownData(value, "data");
  return data !== undefined && isObject(response) && isResponse(response) ? data : value;
}

/** A stream of a client that is aborted ends as if it was read out. */
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
    // It has no controller, or one that is not Node's.
    return false;
  }
}

const chunks: ReadonlySet<unknown> = new Set(["streamEvent", "chunk", "event"]);

/** Each of their events goes through this method, whoever listens. */
function watchEvents(emitter: object, reader: Reader): void {
  const emit = methodOf(emitter, "_emit") as Method;
  override(emitter, "_emit", emit, function (...args) {
    const [event, value] = args;
    aside(reader.call.configuration, () => {
      if (chunks.has(event)) reader.read(value);
      else if (event === "error") reader.fail(value);
      else if (event === "abort") reader.end("cancelled");
      else if (event === "end") reader.end();
    });
    return Reflect.apply(emit, this, args);
  });
}
