import { type ConsumingFault, heldForLocks, lostAndBack, shortLocks } from "../fault.js";

/** The broker, or the way to it, is lost. */
export const connectionFaults: readonly ConsumingFault[] = [
  {
    number: 1,
    title: "broker killed while handlers run, with a full window",
    over: ["amqp", "streams", "amqp10"],
    fast: ["streams"],
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
    over: ["amqp", "streams", "amqp10", "service-bus"],
    entity: shortLocks,
    mayOvertake: heldForLocks,
    fast: ["amqp"],
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
];
