import { isCaught, onConnections, type WrongConnections } from "./wrong.js";

const wrong: WrongConnections = {
  "settles closed before the last outcome": [
    "closed-last",
    (right) => {
      let gone: (error: undefined) => void = () => {};
      const closed = new Promise<undefined>((resolve) => {
        gone = resolve;
      });
      return {
        closed,
        close: async (signal) => {
          gone(undefined);
          await right.close(signal);
        },
      };
    },
  ],
  "never settles closed": ["closed-settles", () => ({ closed: new Promise(() => {}) })],
  "rejects closed": [
    "closed-never-rejects",
    (right) => ({ closed: right.closed.then(() => Promise.reject(new Error("closed"))) }),
  ],
  "never ends close": ["close-resolves", () => ({ close: () => new Promise(() => {}) })],
  "rejects a second close": [
    "close-resolves",
    (right) => {
      let closed = false;
      return {
        close: async (signal) => {
          if (closed) throw new Error("already closed");
          closed = true;
          await right.close(signal);
        },
      };
    },
  ],
  "ignores the abort signal of close": [
    "close-aborts",
    (right) => ({
      close: async (signal) => {
        if (signal.aborted) await new Promise((resolve) => setTimeout(resolve, 2000).unref());
        await right.close(signal);
      },
    }),
  ],
  "never tells the flow": ["flow-at-once", () => ({ onFlow: () => {} })],
  "tells the flow later": [
    "flow-at-once",
    (right) => ({ onFlow: (listener) => queueMicrotask(() => right.onFlow(listener)) }),
  ],
  "tells a credit that is no number": [
    "flow-credit",
    (right) => ({ onFlow: (listener) => right.onFlow(() => listener({ credit: Number.NaN })) }),
  ],
  "does not tell that the broker blocks": [
    "flow-blocked",
    () => ({ onFlow: (listener) => listener({ credit: Number.POSITIVE_INFINITY }) }),
  ],
  "counts no drained bytes": ["drained-bytes", () => ({ drainedBytes: () => 0 })],
};

isCaught("its connection", onConnections(wrong));
