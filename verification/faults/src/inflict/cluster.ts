import type { Bench } from "../bench.js";

/** The node to which the sink is connected: it declared the queue there. */
export async function leaderKilled(bench: Bench): Promise<void> {
  await onAllNodes(bench);
  const leader = await bench.cluster.leaderOf(bench.name);
  await bench.inflict(() => bench.down("kill", leader));
  await bench.said(/disconnected/);
  await bench.mend();
  await bench.sent(2000);
  await bench.up(leader);
}

/** To another node, by order, while all of them run. */
export async function leaderMoved(bench: Bench): Promise<void> {
  await onAllNodes(bench);
  const leader = await bench.cluster.leaderOf(bench.name);
  const other = bench.cluster.nodes.find(({ name }) => name !== leader.name)!;
  const stream = `{resource, <<"/">>, queue, <<"${bench.name}">>}`;
  const order = `rabbit_stream_coordinator:restart_stream(${stream}, #{preferred_leader_node => '${other.name}'}).`;
  await bench.inflict(() => leader.ctl("eval", order));
  await bench.said(/disconnected/);
  await bench.mend();
}

/** As {@link leaderMoved}, of a quorum queue. */
export async function quorumLeaderMoved(bench: Bench): Promise<void> {
  await onAllNodes(bench);
  const leader = await bench.cluster.leaderOf(bench.name);
  const other = bench.cluster.nodes.find(({ name }) => name !== leader.name)!;
  const lookup = `{ok, Queue} = rabbit_amqqueue:lookup({resource, <<"/">>, queue, <<"${bench.name}">>})`;
  const order = `${lookup}, rabbit_quorum_queue:transfer_leadership(Queue, '${other.name}').`;
  await bench.inflict(() => leader.ctl("eval", order));
  await bench.mend();
  await bench.sent();
  const { name } = await bench.cluster.leaderOf(bench.name);
  if (name !== other.name) throw new Error(`the leader is ${name}, not ${other.name}`);
}

/** The third has no majority, and pauses. */
export async function majorityGone(bench: Bench): Promise<void> {
  await onAllNodes(bench);
  const gone = bench.nodes.slice(1);
  await bench.inflict(() => Promise.all(gone.map((node) => bench.down("kill", node))));
  await bench.said(/circuit open/);
  // At the same time: each waits for the other.
  await bench.mend(() => Promise.all(gone.map((node) => bench.up(node))));
}

/** The leader alone on one side takes clients, and confirms nothing, until it has paused. The others go on meanwhile. */
export async function partitioned(bench: Bench): Promise<void> {
  const { cluster } = bench;
  await onAllNodes(bench);
  const leader = await cluster.leaderOf(bench.name);
  bench.cleanUp(() => cluster.whole());
  bench.cleanUp(() => cluster.heal());
  await bench.inflict(() => cluster.partition(leader));
  await cluster.parted(leader);
  await bench.mend();
  await bench.sent(2000);
  await cluster.heal();
  await cluster.whole();
  await bench.sent();
}

async function onAllNodes(bench: Bench): Promise<void> {
  bench.options = { ...bench.options, amqpUrl: bench.nodes.map((node) => bench.directUrl(node)) };
  await bench.underLoad();
}
