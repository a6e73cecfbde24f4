import { gzipSync } from "node:zlib";
import { isTransportError } from "@streamll/core/internal";
import type { Bench } from "../bench.js";
import type { Check } from "../check.js";
import type { StoredMessage } from "../options.js";
import { describe, isSent } from "../probe.js";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { elapse, until, within } from "../waiting.js";

const PRIORITY = 7;
const TTL = 3_600_000;

/** What a transport claims in its capabilities. */
export const powers: readonly Check[] = [
  {
    name: "gives back what no queue takes, where mandatory is asked for",
    async run(bench) {
      await bench.transportOf({ mandatory: true });
      await bench.claims("mandatory");
      if (!bench.confirms)
        throw new NotCovered("it has no confirms, so that what comes back is told of by nothing");
      const probe = await bench.connect();
      const lost = bench.message({ routingKey: "nobody.is.bound" });
      const batch = probe.hand([bench.message(), lost, bench.message()]);
      await probe.settled();
      const [before, outcome, after] = batch.map((one) => one.outcome);
      const isReturned = outcome?.kind === "refused" && outcome.error.kind === "unroutable";
      if (isReturned && isSent(before) && isSent(after)) return;
      const what = isReturned ? "its neighbour" : "a message with a routing key that nothing is bound to";
      const told = isReturned ? (isSent(before) ? after : before) : outcome;
      throw new BrokenRuleError("mandatory", `With mandatory, ${what} was settled as ${describe(told)}.`);
    },
  },
  {
    name: "gives messages their priority",
    async run(bench) {
      await bench.transportOf({ priority: PRIORITY });
      await bench.claims("priority");
      for (const { priority } of await deliverThree(bench)) {
        if (priority === PRIORITY) continue;
        throw new BrokenRuleError(
          "priority",
          `The priority ${PRIORITY} is stored as ${shown(priority, "priority")}.`,
        );
      }
    },
  },
  {
    name: "lets messages expire",
    async run(bench) {
      await bench.transportOf({ expirationMs: TTL });
      await bench.claims("ttl");
      for (const { expirationMs } of await deliverThree(bench)) {
        if (expirationMs !== undefined && expirationMs > 0 && expirationMs <= TTL) continue;
        const stored = shown(expirationMs, "expirationMs");
        throw new BrokenRuleError("ttl", `An expirationMs of ${TTL} is stored as ${stored}.`);
      }
    },
  },
  {
    name: "says of a compressed message how it is compressed, and of no other",
    async run(bench) {
      await bench.claims("contentEncoding");
      const probe = await bench.connect();
      const body = gzipSync('{"text":"an event"}');
      await probe.publish([bench.message({ body, contentEncoding: "gzip" }), bench.message()]);
      await probe.delivered();
      const [packed, plain] = await storedOf(bench, 2);
      if (packed?.contentEncoding !== "gzip" || !body.equals(packed.body)) {
        const told = shown(packed?.contentEncoding, "contentEncoding");
        throw new BrokenRuleError("content-encoding", `The contentEncoding gzip is stored as ${told}.`);
      }
      if (plain?.contentEncoding === undefined) return;
      throw new BrokenRuleError(
        "content-encoding",
        `A message that is not compressed is stored as ${plain.contentEncoding}.`,
      );
    },
  },
  {
    name: "puts nothing for another exchange where all else goes",
    async run(bench) {
      await bench.claims("deadLetter");
      const probe = await bench.connect();
      await probe.publish(bench.messages(1));
      await probe.delivered();
      const [letter] = probe.hand([bench.message({ exchange: `testkit-nowhere-${process.pid}` })]);
      await until(bench.timeoutMs, () => letter!.outcome !== undefined || probe.end !== undefined);
      await elapse(bench.quietMs);
      const { messageId } = letter!.message;
      if (!(await bench.stored()).some((one) => one.messageId === messageId)) return;
      throw new BrokenRuleError(
        "exchange",
        "A message for an exchange that is not there is stored with the others.",
      );
    },
  },
  {
    name: "finds out at connect that a queue is missing, where that is asked for",
    async run(bench) {
      const queues = [{ name: `testkit-missing-${process.pid}`, arguments: {} }];
      const topology = { mode: "passive", exchanges: [], queues, bindings: [] } as const;
      const transport = await bench.transport({ topology });
      await bench.claims("topology");
      const connecting = transport.connect(bench.endpoint, { index: 0 }, new AbortController().signal);
      const late = () =>
        new BrokenRuleError("topology", `connect() had not settled after ${bench.timeoutMs} ms.`);
      const outcome = await within(
        bench.timeoutMs,
        connecting.then(
          (connection) => ({ connection }),
          (error: unknown) => ({ error }),
        ),
        late,
      );
      if ("error" in outcome && isTransportError(outcome.error) && outcome.error.kind === "not-found") return;
      if ("connection" in outcome) await outcome.connection.close(AbortSignal.abort());
      const did = "error" in outcome ? `rejected with ${String(outcome.error)}` : "gave a connection";
      throw new BrokenRuleError(
        "topology",
        `Without the queue that it was to find, connect() ${did}. (Does create() keep the topology that it is given?)`,
      );
    },
  },
];

async function deliverThree(bench: Bench): Promise<readonly StoredMessage[]> {
  const probe = await bench.connect();
  await probe.publish(bench.messages(3));
  await probe.delivered();
  return storedOf(bench, 3);
}

async function storedOf(bench: Bench, count: number): Promise<readonly StoredMessage[]> {
  let stored: readonly StoredMessage[] = [];
  // One that is missing is found by the accounts.
  await until(bench.timeoutMs, async () => {
    stored = await bench.stored();
    return stored.length >= count;
  });
  return stored;
}

const shown = (value: unknown, property: string): string =>
  value === undefined ? `none (where it has one, read() gives it as ${property})` : String(value);
