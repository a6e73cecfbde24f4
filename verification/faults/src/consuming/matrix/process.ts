import { THE_EVENT } from "../behaviours.js";
import { type ConsumingFault, heldForLocks, shortLocks } from "../fault.js";

/** The process of the consumer ends, or is told to. */
export const processFaults: readonly ConsumingFault[] = [
  {
    number: 11,
    title: "process of the consumer killed (SIGKILL) three times, and begun again",
    over: ["amqp", "amqp10", "service-bus"],
    entity: shortLocks,
    mayOvertake: heldForLocks,
    fast: ["amqp", "amqp10"],
    async inflict(bench) {
      await bench.underLoad();
      for (let time = 1; time <= 3; time++) {
        await bench.inflict(() => bench.kill());
        const before = bench.handled.length;
        await bench.begin();
        await bench.until(() => bench.handled.length >= before + 200, "it to go on");
      }
      await bench.mend();
      await bench.allHandled();
    },
  },
  {
    number: 18,
    title: "event that ends the process, in a quorum queue",
    behaviour: "endsTheProcess",
    options: { queueType: "quorum", maxDeliveries: 6 },
    async inflict(bench) {
      await bench.begin();
      await bench.inflict(() => bench.fill(500));
      const isOver = () => new Set(bench.handled).size >= bench.put - 1;
      for (let crashes = 0; crashes < 21 && !isOver(); crashes++) {
        const ended = await Promise.race([
          bench.program.exited,
          bench.allHandled(1).catch(() => bench.program.exited),
        ]);
        if (ended === undefined) break;
        await bench.ended();
        await bench.mend();
        // It may end before what it has said gets out.
        await bench.begin().catch(() => bench.within(bench.program.exited, "the process to end"));
      }
      await bench.allHandled(1);
      await bench.said(/^deadLettered MAX_DELIVERIES/);
    },
    words: [/^deadLettered MAX_DELIVERIES/],
    dead: 1,
    unhandled: 1,
  },
  {
    number: 19,
    title: "stop() while handlers hang, and a second consumer",
    behaviour: "hangsToTheEnd",
    options: { drainTimeout: 2 },
    async inflict(bench) {
      await bench.begin();
      await bench.fill(1000);
      await bench.until(() => bench.handled.length >= THE_EVENT - 20, "the others to be handled");
      await bench.inflict(async () => {
        const ms = await bench.stop();
        if (ms > 2000 + 500) throw new Error(`stop() took ${Math.round(ms)} ms, and has 2000 ms`);
      });
      bench.behaviour = "ordinary";
      await bench.begin();
      await bench.mend();
      await bench.allHandled();
    },
  },
  {
    number: 20,
    title: "stop() while the broker is down, and a second consumer",
    async inflict(bench) {
      await bench.underLoad();
      await bench.inflict(() => bench.down("kill"));
      await bench.said(/^degraded/);
      const ms = await bench.stop();
      if (ms > 5000 + 500) throw new Error(`stop() took ${Math.round(ms)} ms, and has 5000 ms`);
      await bench.mend(() => bench.up());
      await bench.begin();
      await bench.allHandled();
    },
  },
  {
    number: 21,
    title: "stop() of the active consumer of two, in a queue with a single active one",
    fast: ["amqp"],
    options: { queueArguments: { "x-single-active-consumer": true } },
    // The next consumer is active once the first has cancelled, maybe before it has given back what it had.
    mayOvertake: ["amqp"],
    async inflict(bench) {
      await bench.underLoad();
      const first = bench.program;
      await bench.begin();
      const second = bench.program;
      bench.program = first;
      await bench.inflict(() => bench.stop());
      bench.program = second;
      await bench.mend();
      await bench.allHandled();
    },
  },
];
