import { type Transport, TransportError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { ReferenceBroker } from "./reference.js";
import { failuresOf, subjectOf, type Wrong } from "./wrong-transports/wrong.js";

/** Each does in a way of its own what the contract leaves to it. */
const good: Record<string, Wrong> = {
  "ties its connection to the signal of its connect": (right) => ({
    ...right,
    connect: async (endpoint, lane, signal) => {
      const connection = await right.connect(endpoint, lane, signal);
      signal.addEventListener("abort", () => void connection.close(AbortSignal.abort()), { once: true });
      return connection;
    },
  }),
  "takes its time to connect": (right) => ({
    ...right,
    connect: async (endpoint, lane, signal) => {
      const connection = await right.connect(endpoint, lane, signal);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (!signal.aborted) return connection;
      await connection.close(AbortSignal.abort());
      throw new TransportError("timeout", "given up");
    },
  }),
  "asks for the length of a batch when that is settled": connections((right) => ({
    publish: (batch, settle) => {
      let open = batch.length;
      right.publish(batch, (from, to, outcome) => {
        settle(from, to, outcome);
        open -= to - from;
        if (open < 0 || from >= batch.length) throw new Error("unreachable");
      });
    },
  })),
  "ends its connection when the broker is full": connections((right) => {
    let ended = false;
    return {
      publish: (batch, settle) =>
        right.publish(batch, (from, to, outcome) => {
          const isFull = outcome.kind === "refused" && outcome.error.kind === "throttled";
          if (isFull && !ended) void right.close(AbortSignal.abort());
          ended ||= isFull;
          if (!ended) settle(from, to, outcome);
        }),
    };
  }),
  "has none of the powers": (right) => ({
    ...right,
    capabilities: { ...right.capabilities, mandatory: false, priority: false, ttl: false, deadLetter: false },
  }),
};

describe.concurrent("a transport is not accused that", { timeout: 120_000 }, () => {
  for (const [name, change] of Object.entries(good)) {
    it(name, async () => {
      // Time enough for a busy machine: of a right transport nothing is waited for.
      expect(await failuresOf({ ...subjectOf(change), timeoutMs: 5000 })).toEqual([]);
    });
  }
});

it("a transport is made with the endpoint that it is to connect to", { timeout: 60_000 }, async () => {
  const broker = new ReferenceBroker();
  const seen = new Set<string>();
  const subject = broker.subject((options) => broker.transport(options));
  const create = (...[options, endpoints]: Parameters<typeof subject.create>): Transport => {
    for (const { label } of endpoints) seen.add(label);
    return broker.transport(options);
  };
  expect(await failuresOf({ ...subject, create }, /^stores one message/)).toEqual([]);
  expect([...seen]).toEqual(["reference://there"]);
});

function connections(
  change: (
    right: Awaited<ReturnType<Transport["connect"]>>,
  ) => Partial<Awaited<ReturnType<Transport["connect"]>>>,
): Wrong {
  return (right) => ({
    ...right,
    connect: async (...args) => {
      const connection = await right.connect(...args);
      return { ...connection, ...change(connection) };
    },
  });
}
