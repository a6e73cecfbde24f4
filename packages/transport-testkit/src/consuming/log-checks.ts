import { BrokenRuleError } from "../rules.js";
import { until } from "../waiting.js";
import { assertOrder } from "./assertions.js";
import type { ConsumingCheck } from "./checks.js";

/** Of transports whose `consuming` has `log`. */
export const logChecks: readonly ConsumingCheck[] = [
  {
    name: "begins with the message at the offset that it is told",
    of: "logs",
    async run(bench) {
      const sent = await bench.put(20);
      const first = await bench.subscribe();
      await first.came(20, "in-order");
      const offsets = first.received.map(({ offset, partition }) => {
        if (offset === undefined || partition === undefined)
          throw new BrokenRuleError("offsets", "A delivery came without offset or partition.");
        return offset;
      });
      if (offsets.some((offset, index) => index > 0 && offset <= offsets[index - 1]!))
        throw new BrokenRuleError("offsets", `The offsets were ${offsets.join(", ")}.`);
      await first.close();
      for (const begin of [13, 19]) {
        bench.position = offsets[begin]!;
        const next = await bench.subscribe(5);
        await next.came(Math.min(5, 20 - begin), "offsets");
        assertOrder(sent.slice(begin), next.ids);
        await next.close();
      }
      bench.position = "next";
      const last = await bench.subscribe();
      const [later] = await bench.put(1);
      await last.came(1, "offsets");
      if (last.ids[0] !== later!.messageId)
        throw new BrokenRuleError("offsets", "Reading began before the next message.");
    },
  },
  {
    name: "keeps the offset that it is given, also after stop()",
    of: "logs",
    async run(bench) {
      await bench.put(10);
      const probe = await bench.subscribe();
      await probe.came(10, "in-order");
      if (bench.stored !== undefined)
        throw new BrokenRuleError("offsets", `${bench.stored} was stored before anything was.`);
      const kept = async (offset: number) => {
        const told = async () => {
          const next = await bench.subscribe();
          await next.close();
          return bench.stored === offset;
        };
        if (await until(bench.timeoutMs, told)) return;
        throw new BrokenRuleError("offsets", `${offset} was to be stored, and ${bench.stored} was told.`);
      };
      probe.storeOffset(probe.received[3]!);
      await kept(probe.received[3]!.offset!);
      await probe.stop();
      probe.storeOffset(probe.received[7]!);
      await probe.close();
      await kept(probe.received[7]!.offset!);
    },
  },
];
