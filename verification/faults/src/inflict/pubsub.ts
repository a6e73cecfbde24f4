import type { Fault } from "@streamll/fake-pubsub";
import type { Bench } from "../bench.js";

/** Every publish request meets it for so long. */
export const every = (fault: Fault, forMs: number) => async (bench: Bench) => {
  const { faults } = bench.pubsub;
  bench.cleanUp(() => faults.clear());
  await bench.underLoad();
  await bench.inflict(() => faults.next("publish", fault, Number.POSITIVE_INFINITY));
  await bench.said(/^degraded/);
  await bench.until(() => performance.now() - bench.faultAt > forMs, `${forMs} ms of it`);
  await bench.mend(() => faults.clear());
};

/** Stored, and the connection reset in the place of the answer. */
export async function answersLost(bench: Bench): Promise<void> {
  const { faults } = bench.pubsub;
  bench.cleanUp(() => faults.clear());
  await bench.underLoad();
  await bench.inflict(() => faults.next("publish", { reset: "after" }, 5));
  await bench.said(/disconnected/);
  await bench.mend();
}
