import type { ConsumingBench } from "../bench.js";
import { type ConsumingFault, lostAndBack } from "../fault.js";

/** A cluster of three nodes. */
export const clusterFaults: readonly ConsumingFault[] = [
  {
    number: 27,
    title: "leader of a quorum queue moved to another node",
    on: "cluster",
    options: { queueType: "quorum" },
    async inflict(bench) {
      const leader = await leaderUnderLoad(bench);
      const other = bench.cluster.nodes.find(({ name }) => name !== leader.name)!;
      const lookup = `{ok, Queue} = rabbit_amqqueue:lookup({resource, <<"/">>, queue, <<"${bench.name}">>})`;
      await bench.inflict(() =>
        leader.ctl("eval", `${lookup}, rabbit_quorum_queue:transfer_leadership(Queue, '${other.name}').`),
      );
      const { name } = await bench.cluster.leaderOf(bench.name);
      if (name !== other.name) throw new Error(`the leader is ${name}, not ${other.name}`);
      await bench.mend();
      await bench.allHandled();
    },
  },
  {
    number: 28,
    title: "node of a quorum queue's leader killed, with a full window",
    on: "cluster",
    // The new leader hands out what follows before it knows that the consumers of the lost node are gone (4.0.5).
    mayOvertake: ["amqp"],
    options: { queueType: "quorum" },
    inflict: leaderKilled,
    words: lostAndBack,
  },
  {
    number: 31,
    title: "node of a stream's leader killed, with a full window",
    over: ["streams"],
    on: "cluster",
    inflict: leaderKilled,
    words: lostAndBack,
  },
];

async function leaderKilled(bench: ConsumingBench): Promise<void> {
  const leader = await leaderUnderLoad(bench);
  await bench.inflict(() => bench.down("kill", leader));
  await bench.said(/^disconnected/);
  await bench.mend();
  await bench.allHandled();
  await bench.up();
}

/** The consumer is connected to it first, and so declares the queue there. */
async function leaderUnderLoad(bench: ConsumingBench) {
  bench.atAllNodes();
  await bench.underLoad();
  return bench.cluster.leaderOf(bench.name);
}
