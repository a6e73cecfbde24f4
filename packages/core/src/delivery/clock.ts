/** Time as the engine sees it, so that tests can run it by hand. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once, unref'd. The returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back after one turn of the event loop's poll phase: pending input has been read by then. */
  afterPoll(callback: () => void): () => void;
  /** Keeps the process alive until the returned function is called. */
  keepAlive(): () => void;
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
};
