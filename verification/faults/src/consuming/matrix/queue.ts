import type { ConsumingBench } from "../bench.js";
import { type ConsumingFault, lostAndBack } from "../fault.js";

/** The broker ends the subscription, and not the connection. */
export const queueFaults: readonly ConsumingFault[] = [
  {
    number: 9,
    title: "queue deleted, and made again by the consumer",
    over: ["amqp", "amqp10"],
    fast: ["amqp"],
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
    // Classic queues have none from then on.
    before: 4.3,
    behaviour: "isSlowOnce",
    async inflict(bench) {
      // The channel looks at its deliveries by this tick, which is a minute.
      await configure(bench, { consumer_timeout: 2000, channel_tick_interval: 500 });
      await bench.inflict(() => bench.underLoad(1000));
      await bench.said(/^disconnected/);
      await bench.allHandled();
      await bench.mend();
    },
    words: lostAndBack,
  },
  {
    number: 29,
    title: "consumer_timeout of the broker (2 s) is shorter than a handler (6 s), in a quorum queue",
    options: { queueType: "quorum" },
    behaviour: "isSlowOnce",
    async inflict(bench) {
      await configure(bench, {
        ...{ consumer_timeout: 2000, channel_tick_interval: 500 },
        // From 4.3 on it is the queue that looks.
        quorum_tick_interval: 500,
      });
      await bench.inflict(() => bench.underLoad(1000));
      await bench.said(/^disconnected/);
      await bench.allHandled();
      await bench.mend();
    },
    words: lostAndBack,
  },
];

/** Sets parameters of the running broker, until the end. */
async function configure(bench: ConsumingBench, parameters: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, value] of Object.entries(parameters)) {
    const before = await bench.broker.ctl("eval", `application:get_env(rabbit, ${name}).`);
    const [, old] = /^\{ok,(.*)\}/.exec(before.trim()) ?? [];
    const restore = old === undefined ? `unset_env(rabbit, ${name})` : `set_env(rabbit, ${name}, ${old})`;
    bench.cleanUp(() => bench.broker.ctl("eval", `application:${restore}.`));
    await bench.broker.ctl("eval", `application:set_env(rabbit, ${name}, ${value}).`);
  }
}
