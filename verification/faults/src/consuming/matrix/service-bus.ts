import { setTimeout as sleep } from "node:timers/promises";
import { until } from "@streamll/brokers";
import { THE_EVENT } from "../behaviours.js";
import type { ConsumingBench } from "../bench.js";
import { type ConsumingFault, heldForLocks } from "../fault.js";
import { EXECUTIONS, PREFETCH } from "../messages.js";
import { deadLettersOf } from "../source/service-bus.js";

const RENEW = "com.microsoft:renew-lock";
const EVER = { times: Number.POSITIVE_INFINITY };
const MOST_DELIVERIES = 3;
const LINK_OF_AGE_MS = 1200;

/** What a broker that locks messages for a time has, on the server that behaves as Azure Service Bus. */
export const serviceBusFaults: readonly ConsumingFault[] = [
  {
    number: 34,
    title: "locks lost while handlers run, with a full window",
    over: ["service-bus"],
    fast: ["service-bus"],
    mayOvertake: heldForLocks,
    behaviour: "isSlowOnce",
    entity: { lockMs: 2000 },
    async inflict(bench) {
      await bench.underLoad(3000, 200);
      await bench.inflict(() => bench.bus.faults.expireLocks());
      bench.mayComeAgain += PREFETCH;
      await bench.said(/^failed LOCK_LOST/);
      await bench.mend();
      await bench.allHandled();
      await bench.isEmpty();
    },
    words: [/^failed LOCK_LOST/],
  },
  {
    number: 35,
    title: "renewal of a lock refused (503) twice, while its handler runs",
    over: ["service-bus"],
    behaviour: "isSlowOnce",
    entity: { lockMs: 4000 },
    async inflict(bench) {
      bench.cleanUp(bench.bus.faults.clear);
      const { managed } = bench.bus;
      const before = managed.length;
      await bench.inflict(() => bench.bus.faults.failManagement(RENEW, { times: 2 }));
      await bench.underLoad(1000);
      await bench.allHandled();
      expectGranted(managed.slice(before), 2);
      if (bench.words.some((word) => word.startsWith("failed"))) throw new Error("a lock was lost");
      await bench.isEmpty();
    },
  },
  {
    number: 36,
    title: "renewal of a lock refused (503) until it is lost, while its handler runs",
    over: ["service-bus"],
    mayOvertake: heldForLocks,
    behaviour: "isSlowOnce",
    entity: { lockMs: 2000 },
    async inflict(bench) {
      const { faults } = bench.bus;
      bench.cleanUp(faults.clear);
      await bench.inflict(() => faults.failManagement(RENEW, EVER));
      bench.mayComeAgain += PREFETCH;
      await bench.underLoad(1000);
      await bench.said(/^failed LOCK_LOST/);
      await bench.mend(faults.clear);
      await bench.allHandled();
      await bench.isEmpty();
    },
    words: [/^failed LOCK_LOST/],
  },
  {
    number: 37,
    title: "sessions lost while handlers run, three times",
    over: ["service-bus"],
    fast: ["service-bus"],
    options: { sessions: 8 },
    entity: { sessions: true, lockMs: 10_000 },
    async inflict(bench) {
      await bench.underLoad(6000);
      for (let time = 1; time <= 3; time++) {
        const before = bench.handled.length;
        await bench.inflict(() => bench.bus.faults.expireLocks());
        bench.mayComeAgain += PREFETCH;
        await bench.until(() => bench.handled.length > before + 500, "it to go on");
      }
      await bench.mend();
      await bench.allHandled();
      await bench.isEmpty();
    },
    words: [/^failed LOCK_LOST/],
  },
  {
    number: 38,
    title: "link detached with a full window, three times: settled over $management",
    over: ["service-bus"],
    fast: ["service-bus"],
    async inflict(bench) {
      const { faults, managed } = bench.bus;
      const from = managed.length;
      await bench.begin();
      for (let time = 1; time <= 3; time++) {
        // A younger link is not attached again at once.
        await sleep(LINK_OF_AGE_MS);
        await bench.fill(2000);
        const before = bench.handled.length;
        await bench.until(() => bench.handled.length > before, "some events to be handled");
        await bench.inflict(() => faults.detach("amqp:link:detach-forced", bench.name));
        await bench.allHandled();
      }
      await bench.mend();
      await bench.isEmpty();
      if (bench.losses > 0) throw new Error("a connection was lost, and not the link alone");
      if (!managed.slice(from).includes("com.microsoft:update-disposition"))
        throw new Error("nothing was settled over $management");
    },
  },
  {
    number: 39,
    title: "throttled: 300 settlements and 3 renewals refused (server-busy)",
    over: ["service-bus"],
    fast: ["service-bus"],
    behaviour: "isSlowOnce",
    entity: { lockMs: 4000 },
    async inflict(bench) {
      const { faults, managed } = bench.bus;
      bench.cleanUp(faults.clear);
      const before = managed.length;
      await bench.underLoad(3000);
      await bench.inflict(() => {
        faults.refuseSettlement("com.microsoft:server-busy", { times: 300, entity: bench.name });
        faults.failManagement(RENEW, { times: 3 });
      });
      await bench.allHandled();
      // What was not settled comes again once its lock is over, and is settled unhandled.
      await bench.isEmpty();
      await bench.mend();
      expectGranted(managed.slice(before), 3);
      if (faults.unspent() > 0) throw new Error(`${faults.unspent()} refusals did not come about`);
    },
  },
  {
    number: 40,
    title: `message delivered as often as its queue allows (${MOST_DELIVERIES}): is in /$DeadLetterQueue`,
    over: ["service-bus"],
    fast: ["service-bus"],
    behaviour: "hangsAlways",
    options: { handlerTimeout: 60 },
    entity: { maxDeliveryCount: MOST_DELIVERIES, lockMs: 2000 },
    async inflict(bench) {
      const { bus, name } = bench;
      // Later ones of its execution would wait for it.
      await bench.underLoad(THE_EVENT + EXECUTIONS);
      await bench.allHandled(1);
      for (let deliveries = 1; deliveries <= MOST_DELIVERIES; deliveries++) {
        await isInHand(bench, deliveries);
        await bench.inflict(() => bus.faults.expireLocks());
      }
      await bench.hasDead(1);
      const [letter] = bus.stored(deadLettersOf(name));
      const reason = letter?.message.death?.reason;
      if (reason !== "MaxDeliveryCountExceeded") throw new Error(`the dead letter's reason is ${reason}`);
      await bench.isEmpty();
    },
    words: [/^failed LOCK_LOST/],
    dead: 1,
    unhandled: 1,
  },
];

/** Beyond the renewals that were refused, some were asked for. */
function expectGranted(managed: readonly string[], refused: number): void {
  const renewals = managed.filter((operation) => operation === RENEW).length;
  if (renewals <= refused) throw new Error(`${renewals} renewals were asked for: none was granted`);
}

/** Waits until a consumer has the one message that is left, for this time. */
const isInHand = ({ bus, name }: ConsumingBench, deliveries: number) =>
  until(() => {
    const [entry, ...others] = bus.stored(name);
    return others.length === 0 && entry?.deliveryCount === deliveries - 1 && bus.depth(name) === 0;
  }, `delivery ${deliveries} of the message`);
