import { BrokenRuleError, NotCovered } from "../rules.js";
import { elapse, until } from "../waiting.js";
import { assertDepth, assertOrder } from "./assertions.js";
import type { ConsumingBench } from "./bench.js";
import { differenceOf } from "./difference.js";

export interface ConsumingCheck {
  /** Reads on after the transport's name. */
  readonly name: string;
  /** Absent: of logs too. */
  readonly of?: "queues" | "logs";
  run(bench: ConsumingBench): Promise<void>;
}

const reached = ["settled", "written"] as const;

export const consumingChecks: readonly ConsumingCheck[] = [
  {
    name: "delivers what waits and what comes, in order and unchanged",
    async run(bench) {
      const sent = await bench.put(50);
      const probe = await bench.subscribe();
      sent.push(...(await bench.put(50)));
      sent.push(...(await bench.put(1, { headers: bench.richHeaders })));
      await probe.came(sent.length, "in-order");
      assertOrder(sent, probe.ids);
      for (const [index, delivery] of probe.received.entries()) {
        const difference = differenceOf(sent[index]!, delivery);
        if (difference !== undefined) throw new BrokenRuleError("intact", `Of a delivery ${difference}.`);
      }
    },
  },
  {
    name: "keeps within its window, and fills it",
    async run(bench) {
      await bench.put(12);
      const probe = await bench.subscribe(5);
      await probe.came(5, "window");
      await elapse(bench.quietMs);
      for (let settled = 0; settled < 12; settled++) {
        await probe.came(settled + 1, "window");
        probe.settle(probe.received[settled]!);
      }
    },
  },
  {
    name: "lets the broker forget what is done, in whatever order",
    async run(bench) {
      const sent = await bench.put(20);
      const probe = await bench.subscribe();
      await probe.came(20, "in-order");
      const settlements = probe.received.toReversed().map((delivery) => probe.settle(delivery));
      await probe.told(settlements, reached);
      await probe.close();
      await assertDepth(bench, 0, "done-is-done", `${sent.length} messages were done`);
    },
  },
  {
    name: "does nothing for a settlement that comes a second time, or to another subscription",
    async run(bench) {
      await bench.put(3);
      const first = await bench.subscribe();
      await first.came(3, "in-order");
      const [one, ...others] = first.received;
      await first.told([first.settle(one!)], reached);
      await first.told([first.settle(one!), first.settle(one!, { kind: "again", failed: true })], ["lost"]);
      await first.close();
      const second = await bench.subscribe();
      await second.came(2, "void-returns");
      await second.told(
        others.map((delivery) => second.settle(delivery)),
        ["lost"],
      );
      await second.close();
      await assertDepth(bench, 2, "stale", "two messages were settled to another subscription");
    },
  },
  {
    name: "brings again what is given back, and says so",
    of: "queues",
    async run(bench) {
      const sent = await bench.put(2);
      const probe = await bench.subscribe();
      await probe.came(2, "in-order");
      if (probe.received.some(({ redelivered }) => redelivered))
        throw new BrokenRuleError("again", "A message came as redelivered for the first time.");
      probe.settle(probe.received[0]!, { kind: "again", failed: true });
      probe.settle(probe.received[1]!, { kind: "again", failed: false });
      await probe.came(4, "again");
      for (const { messageId, redelivered, earlier } of probe.received.slice(2)) {
        const isFailed = messageId === sent[0]!.messageId;
        // A broker that counts may tell nothing of what was not tried.
        if (!redelivered && (isFailed || earlier === undefined))
          throw new BrokenRuleError("again", "What was given back came without redelivered.");
        if (isFailed && earlier === 0)
          throw new BrokenRuleError("again", "What had failed came again with earlier 0.");
      }
    },
  },
  {
    name: "brings the dead to where dead letters go",
    async run(bench) {
      const { deadLetters } = await bench.consuming();
      if (deadLetters === false) throw new NotCovered("it has no dead letters, and says so");
      const [first, second] = await bench.put(2);
      const probe = await bench.subscribe();
      await probe.came(2, "in-order");
      const dead = { kind: "dead", reason: "REFUSED", description: "by the suite" } as const;
      await probe.told([probe.settle(probe.received[0]!, dead)], reached);
      const queue = await bench.queue();
      const arrived = async () => (await queue.dead()).includes(first!.messageId!);
      if (!(await until(bench.timeoutMs, arrived)))
        throw new BrokenRuleError("dead", "What was dead had not arrived among the dead letters.");
      if ((await queue.dead()).includes(second!.messageId!))
        throw new BrokenRuleError("dead", "What was not settled arrived among the dead letters.");
      await probe.close();
      await assertDepth(bench, 1, "dead", "one of two messages was dead");
    },
  },
  {
    name: "takes nothing more after stop(), and settles what it has",
    async run(bench) {
      await bench.put(10);
      const probe = await bench.subscribe(4);
      await probe.came(4, "window");
      await probe.stop();
      const settlements = probe.received.map((delivery) => probe.settle(delivery));
      await probe.told(settlements, reached);
      await bench.put(1);
      await elapse(bench.quietMs);
      await probe.stop();
      await probe.close();
      await assertDepth(bench, 7, "stop-stops", "4 of 11 messages were done before and after stop()");
    },
  },
  {
    name: "gives back what is not settled when the connection is lost",
    async run(bench) {
      const sent = await bench.put(6);
      const probe = await bench.subscribe();
      await probe.came(6, "in-order");
      await bench.strike(bench.disconnect);
      if ((await probe.ended("void-returns")) === undefined)
        throw new BrokenRuleError("void-returns", "closed gave no error of a connection that was lost.");
      await probe.told([probe.settle(probe.received[0]!)], ["lost"]);
      const next = await bench.subscribe();
      await next.came(6, "void-returns");
      assertOrder(sent, next.ids);
    },
  },
  {
    name: "tells of each settlement when the connection is lost over them",
    async run(bench) {
      await bench.put(100);
      const probe = await bench.subscribe();
      await probe.came(100, "in-order");
      const settlements = probe.received.map((delivery) => probe.settle(delivery));
      await bench.strike(bench.disconnect);
      await probe.ended("void-returns");
      await probe.told(settlements, [...reached, "lost"]);
    },
  },
  {
    name: "says that the broker has cancelled it",
    async run(bench) {
      await bench.put(2);
      const probe = await bench.subscribe();
      await probe.came(2, "in-order");
      await bench.strike((await bench.queue()).cancel);
      const error = await probe.ended("cancel-told");
      if (error?.kind === "cancelled") return;
      const said = error === undefined ? "no error" : `an error of kind ${error.kind}`;
      throw new BrokenRuleError("cancel-told", `closed gave ${said} when the broker cancelled.`);
    },
  },
  {
    name: "loses nothing of what is looked at",
    async run(bench) {
      const { peek } = await bench.consuming();
      if (peek === false) throw new NotCovered("a look takes what it shows, and it says so");
      const sent = await bench.put(3);
      for (let look = 0; look < 3; look++) {
        const probe = await bench.subscribe();
        await probe.came(3, "peek-takes-nothing");
        assertOrder(sent, probe.ids);
        await probe.close();
        await assertDepth(bench, 3, "peek-takes-nothing", "3 messages were looked at");
      }
    },
  },
  {
    name: "closes with settlements under way, and again, and at once when the signal has aborted",
    async run(bench) {
      await bench.put(200);
      const probe = await bench.subscribe();
      await probe.came(200, "in-order");
      const settlements = probe.received.map((delivery) => probe.settle(delivery));
      await Promise.all([probe.close(), probe.close()]);
      await probe.close(AbortSignal.abort(), Math.min(1000, bench.timeoutMs));
      await probe.told(settlements, reached);
      await assertDepth(bench, 0, "subscription-close", "200 messages were done before close()");
    },
  },
  {
    name: "finds out that there is no such queue",
    async run(bench) {
      const { signal } = new AbortController();
      const outcome = await bench.attempt("streamll-testkit-there-is-no-such-queue", 10, signal);
      const got = "error" in outcome ? `an error of kind ${outcome.error.kind}` : "a subscription";
      if ("error" in outcome && outcome.error.kind === "not-found") return;
      throw new BrokenRuleError(
        "subscribe-rejects",
        `subscribe() gave ${got} for a queue that is not there.`,
      );
    },
  },
  {
    name: "publishes again what was consumed, unchanged, where it relays",
    async run(bench) {
      if ((await bench.consuming()).relays !== true) return;
      const headers = bench.richHeaders;
      const [sent] = await bench.put(1, { headers: { ...headers, lose: "this" }, expiration: "60000" });
      const probe = await bench.subscribe();
      await probe.came(1, "relays");
      const [first] = probe.received;
      await bench.relay(first!, { headers: { added: 1 }, without: ["lose"] });
      await probe.came(2, "relays");
      const [, again] = probe.received;
      const difference = differenceOf({ ...sent!, headers: { ...headers, added: 1 } }, again!);
      if (difference !== undefined)
        throw new BrokenRuleError("relays", `Of what was published again ${difference}.`);
      if ("lose" in again!.headers)
        throw new BrokenRuleError("relays", "A header came that was to be left out.");
      if (again!.expiration !== undefined)
        throw new BrokenRuleError("relays", "The expiration was not left out.");
    },
  },
  {
    name: "can be aborted while it subscribes",
    async run(bench) {
      await bench.put(1);
      const { name } = await bench.queue();
      const abort = new AbortController();
      const attempt = bench.attempt(name, 10, abort.signal);
      await Promise.resolve();
      abort.abort();
      const outcome = await attempt;
      if ("error" in outcome) return assertDepth(bench, 1, "subscribe-aborts", "subscribe() was aborted");
      await outcome.probe.came(1, "subscribe-aborts");
    },
  },
];
