import { type Flow, type Transport, type TransportConnection, TransportError } from "@streamll/core";
import { isCaught, onTransports, type WrongTransports } from "./wrong.js";

const wrong: WrongTransports = {
  "ignores the abort signal of connect": [
    "connect-aborts",
    (right) => ({
      connect: (endpoint, lane) => right.connect(endpoint, lane, new AbortController().signal),
    }),
  ],
  "gives a dead connection when its connect was aborted": [
    "connect-aborts",
    (right) => ({
      connect: async (endpoint, lane, signal) => {
        const connection = await right.connect(endpoint, lane, new AbortController().signal);
        await new Promise((resolve) => setTimeout(resolve, 5));
        // What it had opened is let go of, and nobody is told.
        return signal.aborted ? { ...connection, publish: () => {} } : connection;
      },
    }),
  ],
  "gives a connection that has ended when its connect was aborted": [
    "connect-aborts",
    (right) => ({
      connect: async (endpoint, lane, signal) => {
        if (signal.aborted) throw new TransportError("timeout", "given up");
        const connection = await right.connect(endpoint, lane, new AbortController().signal);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (signal.aborted) await connection.close(AbortSignal.abort());
        return connection;
      },
    }),
  ],
  "rejects with what is no TransportError when it is aborted while it connects": [
    "connect-rejects",
    (right) => ({
      connect: async (endpoint, lane, signal) => {
        const connection = await right.connect(endpoint, lane, signal);
        await new Promise((resolve) => setTimeout(resolve, 5));
        signal.throwIfAborted();
        return connection;
      },
    }),
  ],
  "does not end while it is blocked": [
    "closed-settles",
    (right) => ({
      connect: async (...args) => {
        const connection = await right.connect(...args);
        let blocked = false;
        return {
          ...connection,
          onFlow: (listener) =>
            connection.onFlow((flow) => {
              blocked = flow.blocked !== undefined;
              listener(flow);
            }),
          closed: connection.closed.then((error) => (blocked ? new Promise<undefined>(() => {}) : error)),
        };
      },
    }),
  ],
  "keeps a lane blocked that was blocked when its connection was lost": [
    "flow-blocked",
    (right) => {
      let blocked: Flow | undefined;
      return {
        connect: async (...args) => {
          const connection = await right.connect(...args);
          const before = blocked;
          void connection.closed.then((error) => {
            if (error === undefined) blocked = undefined;
          });
          return {
            ...connection,
            onFlow: (listener) =>
              connection.onFlow((flow) => {
                blocked = flow.blocked === undefined ? undefined : flow;
                listener(before ?? flow);
              }),
          };
        },
      };
    },
  ],
  "rejects with what is no TransportError": [
    "connect-rejects",
    (right) => ({
      connect: (...args) =>
        right.connect(...args).catch(() => {
          throw new Error("ECONNREFUSED");
        }),
    }),
  ],
  "waits without end for a broker that does not answer while it connects": [
    "connect-times-out",
    (right) => ({
      connect: (endpoint, lane, signal) =>
        right.connect(endpoint, lane, signal).catch((error: unknown) => {
          if (signal.aborted || endpoint.host === "nowhere") throw error;
          return new Promise<never>(() => {});
        }),
    }),
  ],
  "does not notice that its peer has fallen silent": [
    "silence-noticed",
    (right) => ({
      connect: async (...args) => {
        const connection = await right.connect(...args);
        let close: TransportConnection["close"] = connection.close;
        const closed = new Promise<TransportError | undefined>((resolve) => {
          void connection.closed.then((error) => error?.kind !== "timeout" && resolve(error));
          close = (signal) => connection.close(signal).then(() => resolve(undefined));
        });
        return { ...connection, closed, close };
      },
    }),
  ],
  "never connects": ["connects", () => ({ connect: () => new Promise(() => {}) })],
  "does not say what it can do": ["capabilities", () => ({ capabilities: {} as Transport["capabilities"] })],
  "shares one connection between lanes": [
    "lanes-apart",
    (right) => {
      let shared: Promise<TransportConnection> | undefined;
      return {
        connect: (endpoint, lane, signal) => {
          if (signal.aborted || endpoint.host === "nowhere") return right.connect(endpoint, lane, signal);
          shared ??= right.connect(endpoint, lane, signal);
          return shared;
        },
      };
    },
  ],
  "claims to deduplicate": [
    "deduplication",
    (right) => ({ capabilities: { ...right.capabilities, deduplication: true } }),
  ],
};

isCaught("it", onTransports(wrong));
