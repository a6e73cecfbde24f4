import { until } from "@streamll/brokers";
import type { ConsumingHealth } from "@streamll/core";
import type { ConsumingBench } from "../bench.js";
import { type ConsumingFault, lostAndBack } from "../fault.js";
import { PREFETCH } from "../messages.js";

/** The consumer stores an offset after so many events. */
const STORED_AFTER = 10_000;

/** What a stream has and a queue has not: offsets, retention, partitions. */
export const streamFaults: readonly ConsumingFault[] = [
  {
    number: 22,
    title: "process killed (SIGKILL) before the offset is stored, twice: goes on after the last stored",
    over: ["streams"],
    fast: ["streams"],
    async inflict(bench) {
      // Before the consumer: then the number of an event is its offset.
      await bench.fill(2.5 * STORED_AFTER);
      await bench.begin();
      let before = 0;
      for (let time = 1; time <= 2; time++) {
        await handledSince(bench, before, STORED_AFTER + 2500);
        await bench.inflict(() => bench.kill());
        const [stored] = await bench.stream.stored();
        before = bench.handled.length;
        await bench.begin();
        await handledSince(bench, before, PREFETCH);
        const next = Math.min(...bench.handled.slice(before));
        if (next !== stored! + 1) throw new Error(`it goes on with ${next}, and ${stored} is stored`);
      }
      await bench.mend();
      await bench.allHandled();
    },
  },
  {
    number: 30,
    title: "offset truncated: retention has removed what follows it, while nobody read",
    over: ["streams"],
    stream: { arguments: { "x-max-length-bytes": 1_000_000, "x-stream-max-segment-size-bytes": 200_000 } },
    async inflict(bench) {
      bench.padding = 1000;
      await bench.fill(500);
      await bench.begin();
      await bench.allHandled();
      await bench.stop();
      let [first, since] = [0, 0];
      await bench.inflict(() =>
        until(async () => {
          if (first <= 500) await bench.fill(1000);
          const now = await bench.stream.first();
          if (now !== first) [first, since] = [now, performance.now()];
          // Retention runs some time after what it makes room for was written.
          return first > 500 && performance.now() - since > 1000;
        }, "retention to remove what was not read"),
      );
      bench.removed = first - 500;
      const before = bench.handled.length;
      await bench.mend();
      await bench.begin();
      await bench.allHandled();
      const next = Math.min(...bench.handled.slice(before));
      if (next !== first) throw new Error(`it goes on with ${next}, and the first that is there is ${first}`);
    },
  },
  {
    number: 32,
    title:
      "partitions of a super stream moved to another consumer (single active) that begins, and all when the first stops",
    over: ["streams"],
    // From 3.11 on.
    since: 4,
    options: { singleActiveConsumer: true },
    stream: { partitions: 3 },
    async inflict(bench) {
      await bench.fill(30_000);
      await bench.begin();
      const first = bench.program;
      await bench.until(() => bench.handled.length >= 1000, "some events to be handled");
      await bench.inflict(() => bench.begin());
      const second = bench.program;
      await bench.until(() => bench.receivedBy(1) > PREFETCH, "a partition to move to the other consumer");
      // A handler that runs is not waited for: its event may be handled again where its partition has moved to.
      bench.mayComeAgain += PREFETCH;
      bench.program = first;
      await bench.stop();
      bench.program = second;
      await bench.mend();
      await bench.allHandled();
    },
  },
  {
    number: 33,
    title: "stream deleted, and made again by others: read from its first event",
    over: ["streams"],
    fast: ["streams"],
    async inflict(bench) {
      await bench.underLoad(200, 200);
      await bench.inflict(() => bench.source.remove());
      await bench.until(
        () => bench.timeline.some((said) => said.kind === "sample" && isMissing(said.health)),
        "the consumer to miss its stream",
      );
      await bench.mend(() => bench.source.prepare());
      await bench.fill(500);
      await bench.allHandled();
    },
    words: lostAndBack,
  },
];

const isMissing = ({ lastError }: ConsumingHealth) => lastError?.code === "TRANSPORT_NOT_FOUND";

const handledSince = (bench: ConsumingBench, before: number, count: number) =>
  bench.until(() => bench.handled.length >= before + count, `${count} more events to be handled`);
