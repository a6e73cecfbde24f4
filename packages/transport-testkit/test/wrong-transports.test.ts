import type { Flow, PublishOutcome, Transport, TransportConnection } from "@streamll/core";
import { TransportError } from "@streamll/core";
import {
  type CheckResult,
  cannot,
  checkTransport,
  type RuleName,
  type TransportUnderTest,
} from "@streamll/transport-testkit";
import { afterAll, describe, expect, it, vi } from "vitest";
import { checks, runCheck } from "../src/run.js";
import { ReferenceBroker } from "./reference.js";

type Change = (right: TransportConnection, broker: ReferenceBroker) => Partial<TransportConnection>;

const confirmed: PublishOutcome = { kind: "confirmed" };
const unknown: PublishOutcome = { kind: "unknown" };
const refused: PublishOutcome = { kind: "refused", error: new TransportError("nack", "no") };
const holding: NodeJS.Timeout[] = [];
afterAll(() => holding.forEach(clearInterval));

// They spend their time waiting for what a wrong transport does not do.
vi.setConfig({ maxConcurrency: 12 });

describe.concurrent("a transport that breaks its contract is caught, and the rule named, when it", {
  timeout: 60_000,
}, () => {
  const wrong: Record<string, [RuleName, Change]> = {
    "settles twice": [
      "settled-once",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(batch, (from, to, outcome) => {
            settle(from, to, outcome);
            settle(from, to, outcome);
          }),
      }),
    ],
    "settles again a while later, as unknown": [
      "settled-once",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(batch, (from, to, outcome) => {
            settle(from, to, outcome);
            setTimeout(() => settle(from, to, unknown), 2);
          }),
      }),
    ],
    "leaves out the last message of a batch": [
      "settled-all",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(batch, (from, to, outcome) => {
            if (batch.length === 1 || to < batch.length) settle(from, to, outcome);
          }),
      }),
    ],
    "reorders a batch": [
      "order",
      (right) => ({
        publish: (batch, settle) =>
          right.publish([...batch].reverse(), (from, to, outcome) =>
            settle(batch.length - to, batch.length - from, outcome),
          ),
      }),
    ],
    "reorders batches": [
      "order",
      (right) => ({
        publish: (batch, settle) => {
          if (batch.length !== 20) right.publish(batch, settle);
          else setTimeout(() => right.publish(batch, settle), Math.random() * 10);
        },
      }),
    ],
    "throws from publish": [
      "publish-never-throws",
      (right) => ({
        publish: (batch, settle) => {
          if (batch.some(({ routingKey }) => routingKey.length > 255))
            throw new RangeError("the key is too long");
          right.publish(batch, settle);
        },
      }),
    ],
    "says refused of what was stored": [
      "refused-is-not-stored",
      (right) => ({
        publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, refused)),
      }),
    ],
    "says unknown of what was stored": [
      "delivers",
      (right) => ({
        publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, unknown)),
      }),
    ],
    "says unknown of what the broker refused": [
      "refusal-is-told",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(batch, (from, to, outcome) =>
            settle(from, to, outcome.kind === "refused" ? unknown : outcome),
          ),
      }),
    ],
    "drops at close what it said was written": [
      "written-arrives",
      (right) => ({
        publish: (batch, settle) => {
          if (batch.length > 0) settle(0, batch.length, { kind: "written" });
          right.publish(batch, () => {});
        },
        close: () => right.close(AbortSignal.abort()),
      }),
    ],
    "says refused of what was in flight when the connection ended": [
      "refused-is-not-stored",
      (right, broker) => ({
        publish: (batch, settle) => {
          right.publish(batch, (from, to, outcome) => {
            const id = batch[from]?.messageId;
            const isLast =
              broker.stored.at(-1)?.messageId === id && to === batch.length && batch.length === 10;
            settle(from, to, isLast ? refused : outcome);
          });
        },
      }),
    ],
    "says refused of all that is in flight beside a refused message": [
      "refusal-is-told",
      (right) => ({
        publish: (batch, settle) => {
          if (batch.length !== 11) return right.publish(batch, settle);
          settle(0, batch.length, refused);
        },
      }),
    ],
    "confirms what was not stored": [
      "confirmed-is-stored",
      () => ({ publish: (batch, settle) => batch.length > 0 && settle(0, batch.length, confirmed) }),
    ],
    "confirms what the broker refused": [
      "confirmed-is-stored",
      (right) => ({
        publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, confirmed)),
      }),
    ],
    "says written although confirms are on": [
      "outcome-kind",
      (right) => ({
        publish: (batch, settle) => right.publish(batch, (from, to) => settle(from, to, { kind: "written" })),
      }),
    ],
    "refuses without a TransportError": [
      "outcome-kind",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(batch, (from, to, outcome) =>
            settle(from, to, outcome.kind === "refused" ? ({ kind: "refused" } as PublishOutcome) : outcome),
          ),
      }),
    ],
    "settles with indices that include the end": [
      "settle-range",
      (right) => ({
        publish: (batch, settle) => right.publish(batch, (from, _to, outcome) => settle(from, from, outcome)),
      }),
    ],
    "settles beyond the batch": [
      "settle-range",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(batch, (from, to, outcome) => settle(from + 1, to + 1, outcome)),
      }),
    ],
    "stores a message twice": [
      "stored-once",
      (right, broker) => ({
        publish: (batch, settle) =>
          right.publish(batch, (from, to, outcome) => {
            const last = broker.stored.at(-1);
            if (last !== undefined && batch.length === 10) broker.stored.push(last);
            settle(from, to, outcome);
          }),
      }),
    ],
    "reads a body as text": [
      "stored-intact",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(
            batch.map((message) => ({ ...message, body: Buffer.from(message.body.toString()) })),
            settle,
          ),
      }),
    ],
    "loses headers": [
      "stored-intact",
      (right) => ({
        publish: (batch, settle) =>
          right.publish(
            batch.map((message) => ({ ...message, body: message.body, headers: {} })),
            settle,
          ),
      }),
    ],
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

  for (const [name, [rule, change]] of Object.entries(wrong)) {
    it(name, async () => {
      const broken = await brokenUntil(rule, (right, broker) => ({
        ...right,
        connect: async (endpoint, lane, signal) => {
          const connection = await right.connect(endpoint, lane, signal);
          return { ...connection, ...change(connection, broker) };
        },
      }));
      expect(broken).toContain(rule);
    });
  }

  const wrongConnect: Record<string, [RuleName, (right: Transport) => Partial<Transport>]> = {
    "ignores the abort signal of connect": [
      "connect-aborts",
      (right) => ({
        connect: (endpoint, lane) => right.connect(endpoint, lane, new AbortController().signal),
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
    "does not say what it can do": [
      "capabilities",
      () => ({ capabilities: {} as Transport["capabilities"] }),
    ],
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

  for (const [name, [rule, change]] of Object.entries(wrongConnect)) {
    it(name, async () => {
      const broken = await brokenUntil(rule, (right) => ({ ...right, ...change(right) }));
      expect(broken).toContain(rule);
    });
  }
});

it("a transport that holds the process with a timer is caught", async () => {
  const broken = await run((right) => ({
    ...right,
    connect: (...args) => {
      holding.push(setInterval(() => {}, 60_000));
      return right.connect(...args);
    },
  }));
  expect(broken.map((result) => result.rule)).toEqual(["holds-nothing"]);
});

describe("the report", () => {
  it("quotes the rule that was broken, after what happened", async () => {
    const [first] = await run((right) => ({ ...right, name: "" }));
    expect(first?.error.message).toBe(
      'The transport has no name.\nBroken rule "capabilities": capabilities are plain data, true of every ' +
        "connection: each a boolean; maxMessageBytes above 0.",
    );
  });

  it("shows what the author cannot bring about, with the reason", async () => {
    const broker = new ReferenceBroker();
    const subject = broker.subject((options) => broker.transport(options));
    const results = await checkTransport({
      ...subject,
      faults: { ...subject.faults, block: cannot("never full") },
    });
    expect(results).toContainEqual({
      name: "tells when the broker blocks and when it does not any more",
      status: "not covered",
      reason: "never full",
    });
  });

  it("fails for a fault of which nothing is said, and says what to give", async () => {
    const broker = new ReferenceBroker();
    const subject = broker.subject((options) => broker.transport(options));
    const { block: _, ...faults } = subject.faults;
    const results = await checkTransport({ ...subject, faults: faults as typeof subject.faults });
    const failed = results.filter((result) => result.status === "failed");
    expect(failed.map(({ error }) => error.message)).toEqual(
      Array(2).fill(expect.stringContaining("faults.block, a function that makes the broker block")),
    );
  });
});

type Wrong = (right: Transport, broker: ReferenceBroker) => Transport;

function subjectOf(change: Wrong): TransportUnderTest {
  const broker = new ReferenceBroker();
  return broker.subject((options) => change(broker.transport(options), broker));
}

async function run(change: Wrong): Promise<Failure[]> {
  const results = await checkTransport(subjectOf(change));
  return results.filter((result) => result.status === "failed");
}

/** The rules that the checks name, one check after another, up to the one that names `rule`. */
async function brokenUntil(rule: RuleName, change: Wrong): Promise<(RuleName | undefined)[]> {
  const subject = subjectOf(change);
  const broken: (RuleName | undefined)[] = [];
  for (const check of checks) {
    const result = await runCheck(check, subject);
    if (result.status === "failed") broken.push(result.rule);
    if (broken.at(-1) === rule) break;
  }
  return broken;
}

type Failure = Extract<CheckResult, { status: "failed" }>;
