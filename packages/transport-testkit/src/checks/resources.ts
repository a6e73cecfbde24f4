import type { Check } from "../check.js";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { elapse } from "../waiting.js";

export const resources: readonly Check[] = [
  {
    name: "does not hold the process while it is idle",
    async run(bench) {
      const before = await held();
      const probe = await bench.connect();
      await free(before, "connected and idle");
      await probe.publish(bench.messages(3));
      await probe.delivered();
      await free(before, "idle after a batch");
      await probe.close();
      await free(before, "closed");
    },
  },
  {
    name: "counts the bytes that the network has taken",
    async run(bench) {
      const probe = await bench.connect();
      if (probe.connection.drainedBytes === undefined) throw new NotCovered("it has no drainedBytes()");
      const seen = [probe.connection.drainedBytes()];
      for (let turn = 0; turn < 3; turn++) {
        await probe.publish(bench.messages(5));
        await probe.delivered();
        seen.push(probe.connection.drainedBytes());
      }
      const grows = seen.every((bytes, index) => bytes >= 0 && (index === 0 || bytes > seen[index - 1]!));
      if (!grows)
        throw new BrokenRuleError(
          "drained-bytes",
          `Batch after batch was confirmed, and it told ${seen.join(", ")}.`,
        );
    },
  },
];

const samples = 10;

/**
 * What keeps the event loop alive, by type: only what is there in every sample, since the test runner has
 * timers and requests of its own that come and go.
 */
async function held(): Promise<Map<string, number>> {
  let least: Map<string, number> | undefined;
  for (let sample = 0; sample < samples; sample++) {
    await elapse(5);
    const now = new Map<string, number>();
    for (const type of process.getActiveResourcesInfo()) now.set(type, (now.get(type) ?? 0) + 1);
    least ??= now;
    for (const [type, count] of least) least.set(type, Math.min(count, now.get(type) ?? 0));
  }
  return least ?? new Map();
}

async function free(before: ReadonlyMap<string, number>, when: string): Promise<void> {
  const holding = [...(await held())].filter(([type, count]) => count > (before.get(type) ?? 0));
  if (holding.length === 0) return;
  const list = holding.map(([type, count]) => `${count - (before.get(type) ?? 0)} ${type}`).join(", ");
  throw new BrokenRuleError(
    "holds-nothing",
    `When ${when} it keeps the process alive by: ${list}. (A broker inside the test's own process must unref its sockets.)`,
  );
}
