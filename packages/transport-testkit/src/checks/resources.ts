import { checkAlone } from "../alone.js";
import type { Check } from "../check.js";
import type { ResourceWatch } from "../resource-watch.js";
import { BrokenRuleError, NotCovered } from "../rules.js";

export const resources: readonly Check[] = [
  {
    name: "does not hold the process while it is idle",
    async run(bench) {
      const held = bench.watchResources();
      const probe = await bench.connect();
      await free(held, "connected and idle");
      await probe.publish(bench.messages(3));
      await probe.delivered();
      await free(held, "idle after a batch");
      await probe.close();
      await free(held, "closed");
    },
  },
  { name: "lets a process of its own end that has nothing but an idle connection", run: checkAlone },
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

async function free(held: ResourceWatch, when: string): Promise<void> {
  const holding = await held.holding();
  if (holding.length === 0) return;
  throw new BrokenRuleError(
    "holds-nothing",
    `When ${when} it keeps the process alive by: ${holding.join(", ")}.`,
  );
}
