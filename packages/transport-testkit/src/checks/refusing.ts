import type { PublishOutcome } from "@streamll/core";
import type { Bench } from "../bench.js";
import type { Check } from "../check.js";
import type { MessageParts } from "../messages.js";
import { describe, isSent } from "../probe.js";
import { BrokenRuleError } from "../rules.js";
import { until } from "../waiting.js";

export const refusing: readonly Check[] = [
  {
    name: "says refused of the one message that the broker refuses",
    async run(bench) {
      const refuse = bench.fault("refuse");
      const probe = await bench.connect();
      await probe.publish(bench.messages(3));
      await probe.delivered();
      const refused = await refuse(bench.message());
      const batch = probe.hand([refused, ...bench.messages(2)]);
      await probe.settled();
      const [guilty, ...neighbours] = batch.map(({ outcome }) => outcome);
      if (guilty?.kind !== "refused") {
        throw new BrokenRuleError(
          "refusal-is-told",
          `The message that the broker refused was settled as ${describe(guilty)}.`,
        );
      }
      const wrong = neighbours.find((outcome) => !isSent(outcome) && !isShared(outcome));
      if (wrong !== undefined) {
        throw new BrokenRuleError(
          "refusal-is-told",
          `A neighbour of the refused message was settled as ${describe(wrong)}.`,
        );
      }
    },
  },
  {
    name: "accuses no message when the broker is busy or full, and goes on afterwards",
    async run(bench) {
      bench.fault("throttle");
      const probe = await bench.connect();
      await probe.publish(bench.messages(3));
      await probe.delivered();
      const relieve = await bench.strike("throttle");
      const batch = probe.hand(bench.messages(5));
      const isOpen = () => batch.some(({ outcome }) => outcome === undefined);
      const isBlocked = () => probe.flow?.blocked !== undefined;
      const told = await until(bench.timeoutMs, () => !isOpen() || isBlocked() || probe.end !== undefined);
      const accused = batch.find(({ outcome }) => outcome !== undefined && !isThrottled(outcome));
      if (accused !== undefined) {
        throw new BrokenRuleError(
          "throttled-is-told",
          `A message that was handed to a broker too busy or too full for it was settled as ${describe(accused.outcome)}.`,
        );
      }
      if (!told) {
        throw new BrokenRuleError(
          "throttled-is-told",
          `A broker that is busy or full was told of by nothing within ${bench.timeoutMs} ms: no outcome, no block, no end.`,
        );
      }
      await relieve();
      const again = probe.end === undefined && !isOpen() ? probe : await bench.connect();
      const retried = again.hand(batch.map(({ message }) => message));
      await until(bench.timeoutMs, () => again.end !== undefined || retried.every((one) => one.outcome));
      const failed = retried.find(({ outcome }) => !isSent(outcome));
      if (failed === undefined) return;
      throw new BrokenRuleError(
        "delivers",
        `A message that was throttled before was settled as ${describe(failed.outcome)} by a broker that takes again.`,
      );
    },
  },
  {
    name: "does not throw for a routing key of 300 bytes",
    run: (bench) => withNeighbours(bench, { routingKey: `streamll.token.${"k".repeat(285)}` }),
  },
  {
    name: "does not throw for a header of 70,000 bytes",
    run: (bench) => withNeighbours(bench, { headers: { event_type: "x".repeat(70_000) } }),
  },
  {
    name: "tells when the broker blocks and when it does not any more",
    async run(bench) {
      bench.fault("block");
      const probe = await bench.connect();
      await probe.publish(bench.messages(1));
      await probe.delivered();
      const unblock = await bench.strike("block");
      // RabbitMQ blocks a connection only when it publishes.
      await until(bench.quietMs, () => probe.credit === 0);
      if (probe.credit > 0) probe.hand(bench.messages(1));
      await told(
        bench,
        "credit 0, and why",
        () => probe.flow?.credit === 0 && probe.flow.blocked !== undefined,
      );
      await unblock();
      await told(bench, "credit again", () => probe.credit > 0 && probe.flow?.blocked === undefined);
      await probe.publish(bench.messages(3));
      await probe.delivered();
    },
  },
];

/** A message that no broker need take, between two good ones: it may be stored, but must not harm them. */
async function withNeighbours(bench: Bench, parts: MessageParts): Promise<void> {
  const probe = await bench.connect();
  const batch = probe.hand([bench.message(), bench.message(parts), bench.message()]);
  await probe.settled();
  const wrong = [batch[0]?.outcome, batch[2]?.outcome].find(
    (outcome) => !isSent(outcome) && !isShared(outcome),
  );
  if (wrong === undefined) return;
  throw new BrokenRuleError(
    "publish-never-throws",
    `The neighbour of such a message was settled as ${describe(wrong)}.`,
  );
}

async function told(bench: Bench, what: string, condition: () => boolean): Promise<void> {
  if (await until(bench.timeoutMs, condition)) return;
  throw new BrokenRuleError(
    "flow-blocked",
    `The listener of onFlow() was not told ${what} within ${bench.timeoutMs} ms.`,
  );
}

function isThrottled(outcome: PublishOutcome): boolean {
  return outcome.kind === "refused" && outcome.error.kind === "throttled" && !outcome.error.permanent;
}

function isShared(outcome: Parameters<typeof describe>[0]): boolean {
  return outcome?.kind === "refused" && Boolean(outcome.shared);
}
