import { checkAlone } from "../alone.js";
import type { Check } from "../check.js";
import type { ResourceWatch } from "../resource-watch.js";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { elapse } from "../waiting.js";

const LARGE_BODY = 256 * 1024;
/** Bytes, about three times what the buffers of both ends of a connection hold on Linux. */
const FLOOD = 32 * 1024 * 1024;

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
  {
    name: "counts no bytes that still wait for a network that takes none",
    async run(bench) {
      bench.fault("silence");
      const probe = await bench.delivering();
      const drained = () => probe.connection.drainedBytes?.() ?? 0;
      if (probe.connection.drainedBytes === undefined) throw new NotCovered("it has no drainedBytes()");
      const { maxMessageBytes = LARGE_BODY } = (await bench.transport()).capabilities;
      const body = Buffer.alloc(Math.min(maxMessageBytes, LARGE_BODY), "x");
      const count = Math.min(Math.ceil(FLOOD / body.length), probe.credit);
      const handed = count * body.length;
      if (handed < FLOOD / 2)
        throw new NotCovered(`its credit of ${probe.credit} messages is less than the system's buffers hold`);
      await bench.strike("silence");
      const before = drained();
      probe.hand(Array.from({ length: count }, () => bench.message({ body })));
      await elapse(bench.quietMs);
      const counted = drained() - before;
      await probe.close(AbortSignal.abort());
      if (counted < handed) return;
      throw new BrokenRuleError(
        "drained-bytes",
        `The broker read nothing, and of ${handed} bytes that were handed over it told ${counted} as taken.`,
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
