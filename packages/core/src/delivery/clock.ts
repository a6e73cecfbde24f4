import { writeSync } from "node:fs";
import { isAsking } from "../ending.js";

/** Time and the end of the process as the engine sees them, so that tests can control both. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once, unref'd. The returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back after one turn of the event loop's poll phase: pending input has been read by then. */
  afterPoll(callback: () => void): () => void;
  /** Keeps the process alive until the returned function is called. */
  keepAlive(): () => void;
  /** Calls back when the event loop runs empty, until the returned function is called. */
  beforeExit(callback: () => void): () => void;
  /** Asks for a last sentence when the process ends, and writes it to stderr, until the returned function is called. */
  atExit(lastWords: () => string | undefined): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  afterPoll(callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
  keepAlive() {
    const timer = setInterval(() => {}, 2 ** 30);
    return () => clearInterval(timer);
  },
  beforeExit(callback) {
    if (unfinished.size === 0) process.on("beforeExit", finish);
    unfinished.add(callback);
    // Registered by a listener of `beforeExit`, for which our own listener may come too late.
    if (isAsking()) process.nextTick(() => unfinished.has(callback) && callback());
    return () => {
      unfinished.delete(callback);
      if (unfinished.size === 0) process.off("beforeExit", finish);
    };
  },
  atExit(lastWords) {
    if (watched.size === 0) process.on("exit", writeLastWords);
    watched.add(lastWords);
    return () => {
      watched.delete(lastWords);
      if (watched.size === 0) process.off("exit", writeLastWords);
    };
  },
};

/** One listener for all engines: Node warns of an eleventh. */
const unfinished = new Set<() => void>();
const watched = new Set<() => string | undefined>();

function finish(): void {
  for (const callback of unfinished) callback();
}

/** Nothing asynchronous runs any more, a logger that buffers included. */
function writeLastWords(): void {
  for (const lastWords of watched) {
    const sentence = lastWords();
    try {
      if (sentence !== undefined) writeSync(2, `streamll: ${sentence}\n`);
    } catch {
      // stderr is closed, or full.
    }
  }
}
