import { type ConsumingFault, lostAndBack } from "../fault.js";

/** The broker ends the subscription, and not the connection. */
export const queueFaults: readonly ConsumingFault[] = [
  {
    number: 9,
    title: "queue deleted, and made again by the consumer",
    fast: true,
    async inflict(bench) {
      await bench.underLoad(200, 200);
      await bench.inflict(() => bench.broker.ctl("delete_queue", bench.name));
      await bench.said(/^disconnected TRANSPORT_CANCELLED/);
      await bench.said(/^connected/);
      await bench.mend();
      await bench.fill(500);
      await bench.allHandled();
    },
    words: lostAndBack,
  },
  {
    number: 23,
    title: "consumer_timeout of the broker (2 s) is shorter than a handler (6 s)",
    behaviour: "isSlowOnce",
    async inflict(bench) {
      // The channel looks at its deliveries by this tick, which is a minute.
      await bench.configure({ consumer_timeout: 2000, channel_tick_interval: 500 });
      await bench.inflict(() => bench.underLoad(1000));
      await bench.said(/^disconnected/);
      await bench.allHandled();
      await bench.mend();
    },
    words: lostAndBack,
  },
];
