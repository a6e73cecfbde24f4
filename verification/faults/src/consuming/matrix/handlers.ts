import type { ConsumingFault } from "../fault.js";

/** A handler does what it should not. */
export const handlerFaults: readonly ConsumingFault[] = [
  {
    number: 12,
    title: "handler that hangs, given up by handlerTimeout",
    behaviour: "hangs",
    options: { handlerTimeout: 1 },
    async inflict(bench) {
      await bench.inflict(() => bench.underLoad(1000));
      await bench.allHandled();
    },
    words: [/^failed HANDLER_TIMEOUT/],
  },
  {
    number: 13,
    title: "every tenth event fails at once, twice",
    behaviour: "throwsAtOnce",
    async inflict(bench) {
      await bench.inflict(() => bench.underLoad(1000));
      await bench.allHandled();
    },
    words: [/^failed HANDLER_FAILED/],
  },
  {
    number: 14,
    title: "handler that blocks the event loop for four heartbeats",
    behaviour: "blocksTheLoop",
    async inflict(bench) {
      await bench.inflict(() => bench.underLoad(1000));
      await bench.allHandled();
    },
  },
  {
    number: 15,
    title: "loop that forgets the verdict of an event",
    behaviour: "forgetsTheVerdict",
    options: { handlerTimeout: 1 },
    async inflict(bench) {
      await bench.inflict(() => bench.underLoad(1000));
      await bench.allHandled();
    },
    words: [/^failed HANDLER_TIMEOUT/],
  },
  {
    number: 16,
    title: "loop that gives each event four verdicts",
    behaviour: "settlesTwice",
    fast: ["amqp"],
    async inflict(bench) {
      await bench.inflict(() => bench.underLoad(1000));
      await bench.allHandled();
    },
  },
];
