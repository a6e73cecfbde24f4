import type { ConsumingFault } from "../fault.js";

const noEvents = ["", "no JSON", "[]", '{"event_type":7}', "\u0000\u00ff"];
/** Class and method, as they stand in a frame. */
const BASIC_ACK = Buffer.of(0, 60, 0, 80);

/** Dead letters, and what may happen to them on the way. */
export const deadLetterFaults: readonly ConsumingFault[] = [
  {
    number: 17,
    title: "bodies that are no events, among others",
    async inflict(bench) {
      await bench.begin();
      await bench.inflict(() => bench.fill(300, noEvents));
      await bench.allHandled();
    },
    words: [/^deadLettered INVALID_EVENT/],
    dead: noEvents.length,
  },
  {
    number: 24,
    title: "exchange of dead letters deleted, and made again by the consumer",
    fast: ["amqp"],
    async inflict(bench) {
      await bench.begin();
      await bench.fill(100, ["no event"]);
      await bench.hasDead(1);
      await bench.inflict(() => bench.broker.manage("DELETE", `exchanges/%2F/${bench.name}-dead`));
      await bench.fill(100, noEvents);
      await bench.allHandled();
      await bench.hasDead(1 + noEvents.length);
      await bench.mend();
    },
    dead: 1 + noEvents.length,
  },
  {
    number: 25,
    title: "queue of dead letters full (reject-publish), until it is not",
    fast: ["amqp"],
    async inflict(bench) {
      const { broker, name, deadQueue } = bench;
      const policy = `policies/%2F/${name}`;
      const definition = { "max-length": 1, overflow: "reject-publish" };
      bench.cleanUp(() => broker.manage("DELETE", policy).catch(() => {}));
      await broker.manage("PUT", policy, { pattern: `^${deadQueue}$`, definition, "apply-to": "queues" });
      await bench.begin();
      await bench.inflict(() => bench.fill(300, noEvents));
      await bench.said(/^problem PARKING_FAILED/);
      await bench.allHandled();
      await bench.mend(() => broker.manage("DELETE", policy));
      await bench.hasDead(noEvents.length);
    },
    words: [/^problem PARKING_FAILED/, /^solved PARKING_FAILED/],
    dead: noEvents.length,
  },
  {
    number: 26,
    title: "process killed (SIGKILL) between the confirm of a dead letter and the acknowledgement",
    fast: ["amqp"],
    async inflict(bench) {
      await bench.begin();
      const held = bench.proxy.holdAt(BASIC_ACK);
      await bench.fill(0, ["no event"]);
      await bench.within(held, "an acknowledgement to be held");
      await bench.hasDead(1);
      await bench.inflict(() => bench.kill());
      // What is held must not reach the broker.
      bench.proxy.reset();
      await bench.proxy.heal();
      await bench.begin();
      await bench.fill(100);
      await bench.allHandled();
      await bench.hasDead(2);
      await bench.mend();
    },
    // Never lost, and a double that its message-id tells.
    dead: 2,
  },
];
