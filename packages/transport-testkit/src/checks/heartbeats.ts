import type { Bench } from "../bench.js";
import type { Check } from "../check.js";
import { describe, type Handed, isSent } from "../probe.js";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { elapse, until } from "../waiting.js";

/** Timers of Node fire up to a millisecond early, and what is read counts from when it was read. */
const IMPRECISION_MS = 5;

export const heartbeats: readonly Check[] = [
  {
    name: "notices that the peer of an idle connection has fallen silent, and waits for two heartbeats",
    async run(bench) {
      bench.fault("silence");
      const heartbeatMs = Math.min(1000, bench.timeoutMs / 5);
      await bench.transport({ heartbeatMs });
      const probe = await bench.delivering();
      await bench.strike("silence");
      await probe.ended("silence-noticed");
      const waitedMs = (probe.end?.at ?? 0) - probe.heardAt;
      if (waitedMs >= 2 * heartbeatMs - IMPRECISION_MS) return;
      throw new BrokenRuleError(
        "silence-awaited",
        `With a heartbeatMs of ${heartbeatMs} the peer was given up ${Math.round(waitedMs)} ms after its last answer.`,
      );
    },
  },
  {
    name: "takes what answers a heartbeat for no message's answer",
    async run(bench) {
      bench.fault("silence");
      const heartbeatMs = Math.min(2000, bench.timeoutMs / 5);
      await bench.transport({ heartbeatMs });
      const probe = await bench.delivering();
      const unstored = await unstorable(bench);
      const wake = await bench.strike("silence");
      // Its heartbeats are on their way and unanswered when the messages follow them.
      await elapse(1.5 * heartbeatMs);
      const batch = probe.hand([...unstored, ...bench.messages(2)]);
      await wake();
      const allTold = await until(
        bench.timeoutMs,
        () => probe.end !== undefined || batch.every(({ outcome }) => outcome !== undefined),
      );
      const wrong = batch.slice(0, unstored.length).find(({ outcome }) => isSent(outcome));
      if (wrong === undefined && (allTold || isBlocked(batch, probe.flow?.blocked))) return;
      const happened =
        wrong === undefined
          ? `the last of ${batch.length} messages had no outcome ${bench.timeoutMs} ms after the broker answered again`
          : `a message that the broker did not take was settled as ${describe(wrong.outcome)}`;
      // Why it was told so is more than that it was told untruly.
      bench.broken.unshift(new BrokenRuleError("heartbeat-apart", `Behind heartbeats, ${happened}.`));
    },
  },
];

/** Messages that the broker answers otherwise than a heartbeat. */
async function unstorable(bench: Bench) {
  if (bench.can("throttle")) {
    await bench.strike("throttle");
    return bench.messages(3);
  }
  if (!bench.can("refuse"))
    throw new NotCovered("neither faults.throttle nor faults.refuse can be brought about");
  if (!bench.confirms) throw new NotCovered("it has no confirms, so that no answer is told");
  return [await bench.fault("refuse")(bench.message())];
}

/** A broker that is full may take nothing, and say so. */
const isBlocked = (batch: readonly Handed[], blocked: string | undefined): boolean =>
  blocked !== undefined && batch.every(({ outcome }) => outcome === undefined);
