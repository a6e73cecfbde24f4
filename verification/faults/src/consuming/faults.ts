import type { EventConsumerOptions } from "@streamll/consumer";
import { type BehaviourName, THE_EVENT } from "./behaviours.js";
import type { ConsumingBench } from "./bench.js";

/** A fault that a consumer meets, and what has to come out of it. What is not named is expected as the comments say. */
export interface ConsumingFault {
  readonly number: number;
  readonly title: string;
  /** Part of `npm run test:slow`. */
  readonly fast?: true;
  readonly options?: EventConsumerOptions;
  /** Default `ordinary`. */
  readonly behaviour?: BehaviourName;
  /** From the beginning of the consumer to the last event. */
  inflict(bench: ConsumingBench): Promise<void>;
  /** Each is among what the consumer said. */
  readonly words?: readonly RegExp[];
  /** In the queue of dead letters at the end. Default 0. */
  readonly dead?: number;
  /** Events that are handled by nobody, since they are dead letters. Default 0. */
  readonly unhandled?: number;
  /** Events may be overtaken here. */
  readonly mayOvertake?: true;
}

const lostAndBack = [/^disconnected/, /^connected/];

export const consumingFaults: readonly ConsumingFault[] = [
  {
    number: 1,
    title: "broker killed while handlers run, with a full window",
    async inflict(bench) {
      await bench.underLoad();
      await bench.inflict(() => bench.down("kill"));
      await bench.said(/^degraded/);
      await bench.mend(() => bench.up());
      await bench.allHandled();
    },
    words: [...lostAndBack, /^problem TRANSPORT_UNREACHABLE/],
  },
  {
    number: 2,
    title: "orderly shutdown of the broker (320)",
    async inflict(bench) {
      await bench.underLoad();
      await bench.inflict(() => bench.down("stop"));
      await bench.said(/^degraded/);
      await bench.mend(() => bench.up());
      await bench.allHandled();
    },
    words: lostAndBack,
  },
  {
    number: 3,
    title: "broker frozen (SIGSTOP) until it is given up, then thawed",
    async inflict(bench) {
      await bench.underLoad();
      let thawed: Promise<void> | undefined;
      const thaw = () => (thawed ??= bench.broker.resume());
      bench.cleanUp(thaw);
      await bench.inflict(bench.broker.pause);
      await bench.said(/^disconnected/);
      await bench.mend(thaw);
      await bench.allHandled();
    },
    words: lostAndBack,
  },
  {
    number: 4,
    title: "black hole: packets vanish",
    async inflict(bench) {
      await bench.underLoad();
      await bench.inflict(() => bench.proxy.blackHole());
      await bench.said(/^disconnected/);
      await bench.mend(() => bench.proxy.heal());
      await bench.allHandled();
    },
    words: lostAndBack,
  },
  {
    number: 5,
    title: "half-open: nothing comes from the broker any more",
    async inflict(bench) {
      await bench.underLoad();
      await bench.inflict(() => bench.proxy.halfOpen("toClient"));
      await bench.said(/^disconnected/);
      await bench.mend(() => bench.proxy.heal());
      await bench.allHandled();
    },
    words: lostAndBack,
  },
  {
    number: 6,
    title: "half-open: acknowledgements are lost",
    async inflict(bench) {
      await bench.underLoad();
      await bench.inflict(() => bench.proxy.halfOpen("toBroker"));
      await bench.said(/^disconnected/);
      await bench.mend(() => bench.proxy.heal());
      await bench.allHandled();
    },
    words: lostAndBack,
  },
  {
    number: 7,
    title: "connection reset with a full window, three times",
    fast: true,
    async inflict(bench) {
      await bench.underLoad(10_000);
      for (let time = 1; time <= 3; time++) {
        const { losses, connects } = bench;
        await bench.inflict(() => bench.proxy.reset());
        await bench.until(() => bench.losses > losses, "the loss to be noticed");
        await bench.until(() => bench.connects > connects, "the next connection");
      }
      await bench.mend();
      await bench.allHandled();
    },
    words: lostAndBack,
  },
  {
    number: 8,
    title: "all connections closed by an operator",
    async inflict(bench) {
      await bench.underLoad();
      await bench.inflict(() => bench.broker.ctl("close_all_connections", "maintenance"));
      await bench.mend();
      await bench.allHandled();
    },
    words: lostAndBack,
  },
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
    number: 10,
    title: "user's password changed while the connection is lost, and changed back",
    async inflict(bench) {
      const { broker, name } = bench;
      const password = (text: string) => broker.manage("PUT", `users/${name}`, { password: text, tags: "" });
      const all = { configure: ".*", write: ".*", read: ".*" };
      await password("right");
      bench.cleanUp(() => broker.manage("DELETE", `users/${name}`));
      await broker.manage("PUT", `permissions/%2F/${name}`, all);
      bench.options = { ...bench.options, username: name, password: "right" };
      await bench.underLoad();
      await bench.inflict(() => password("other"));
      bench.proxy.reset();
      await bench.said(/^problem TRANSPORT_AUTH/);
      await bench.mend(() => password("right"));
      await bench.allHandled();
      await bench.said(/^solved TRANSPORT_AUTH/);
    },
    words: [...lostAndBack, /^problem TRANSPORT_AUTH/, /^solved TRANSPORT_AUTH/],
  },
  {
    number: 11,
    title: "process of the consumer killed (SIGKILL) three times, and begun again",
    fast: true,
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
    fast: true,
    async inflict(bench) {
      await bench.inflict(() => bench.underLoad(1000));
      await bench.allHandled();
    },
  },
  {
    number: 17,
    title: "bodies that are no events, among others",
    async inflict(bench) {
      await bench.begin();
      await bench.inflict(() => bench.fill(300, ["", "no JSON", "[]", '{"event_type":7}', "\u0000\u00ff"]));
      await bench.allHandled();
    },
    words: [/^deadLettered INVALID_EVENT/],
    dead: 5,
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
        bench.kills++;
        await bench.begin();
      }
      await bench.allHandled(1);
      await bench.said(/^deadLettered MAX_DELIVERIES/);
      await bench.mend();
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
    fast: true,
    options: { queueArguments: { "x-single-active-consumer": true } },
    // The next consumer is active once the first has cancelled, maybe before it has given back what it had.
    mayOvertake: true,
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
