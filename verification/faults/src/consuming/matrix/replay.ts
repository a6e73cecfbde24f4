import type { ReplayBench } from "../replay/bench.js";
import type { ReplayFault } from "../replay/fault.js";

/** Class and method, as they stand in a frame. */
const BASIC_PUBLISH = Buffer.of(0, 60, 0, 40);
const BASIC_ACK = Buffer.of(0, 60, 0, 80);
/** A replay tells of its progress after so many letters at most: those that the kill strikes. */
const CHUNK = 256;
const LETTERS = 300;
const MANY = 100_000;

const rare = (index: number) => (index % 20 === 0 ? { code: "RARE" } : {});

/** `DeadLetters.replay` of streamll, with a journal. */
export const replayFaults: readonly ReplayFault[] = [
  {
    number: 41,
    title: "replay killed (SIGKILL) before it publishes",
    fast: ["amqp"],
    async replay(bench) {
      await killedAt(bench, BASIC_PUBLISH, "toBroker");
      const { doubtful } = await bench.replay({ journal: bench.journal });
      expectCount(doubtful.length, [1, CHUNK], "named as doubtful");
      expectCount(await twice(bench), [0, 0], "twice");
    },
  },
  {
    number: 42,
    title: "replay killed (SIGKILL) between publish and confirm",
    fast: ["amqp"],
    async replay(bench) {
      await killedAt(bench, BASIC_ACK, "toClient");
      const { doubtful } = await bench.replay({ journal: bench.journal });
      expectCount(doubtful.length, [1, CHUNK], "named as doubtful");
      expectCount(await twice(bench), [1, CHUNK], "twice");
    },
  },
  {
    number: 43,
    title: "replay killed (SIGKILL) between confirm and acknowledgement",
    fast: ["amqp"],
    async replay(bench) {
      await killedAt(bench, BASIC_ACK, "toBroker");
      const { doubtful, acknowledged } = await bench.replay({ journal: bench.journal });
      expectCount(doubtful.length, [0, 0], "named as doubtful");
      expectCount(acknowledged, [1, CHUNK], "only acknowledged");
      expectCount(await twice(bench), [0, 0], "twice");
    },
  },
  {
    number: 44,
    title: "replay killed (SIGKILL) after the acknowledgement",
    fast: ["amqp"],
    async replay(bench) {
      await bench.fill(LETTERS);
      const { program } = bench.begin({ journal: bench.journal }, "SIGKILL");
      await bench.within(program.exited, "the process to be killed");
      const { doubtful } = await bench.replay({ journal: bench.journal });
      expectCount(doubtful.length, [0, 0], "named as doubtful");
      expectCount(await twice(bench), [0, 0], "twice");
    },
  },
  {
    number: 46,
    title: "replay of letters that no queue takes, or whose exchange is gone, among others",
    async replay(bench) {
      const kinds = [{}, { routingKey: "nowhere" }, { exchange: "gone" }];
      await bench.fill(300, (index) => kinds[index % 3]!);
      const { replayed, failed, doubtful, complete } = await bench.replay({ journal: bench.journal });
      expectCount(replayed, [100, 100], "replayed");
      expectCount(failed, [200, 200], "failed");
      expectCount(doubtful.length, [0, 0], "named as doubtful");
      if (complete) throw new Error("the report says that all were replayed");
    },
    dead: 200,
  },
  {
    number: 47,
    title: "replay of letters that die again at once: once a run",
    async replay(bench) {
      const trap = `${bench.home}-trap`;
      const back = {
        ...{ "x-message-ttl": 0, "x-dead-letter-exchange": "" },
        "x-dead-letter-routing-key": bench.queue,
      };
      bench.cleanUp(() => bench.use((channel) => channel.deleteQueue(trap)));
      await bench.use((channel) => channel.assertQueue(trap, { arguments: back }));
      await bench.fill(300, () => ({ routingKey: trap }));
      for (let run = 1; run <= 2; run++) {
        const { replayed } = await bench.replay({ journal: `${bench.journal}-${run}` });
        expectCount(replayed, [300, 300], "replayed");
        await bench.hasLetters(300);
      }
    },
    dead: 300,
  },
  {
    number: 48,
    title: "two replays at once, of a part (5 %)",
    // What each of them has not replayed is given back when that one ends.
    mayOvertake: true,
    async replay(bench) {
      await bench.fill(4000, rare);
      const runs = [1, 2].map((run) => bench.replay({ code: "RARE", journal: `${bench.journal}-${run}` }));
      const reports = await Promise.all(runs);
      const once = reports.reduce((sum, { replayed }) => sum + replayed, 0);
      // What one of them held, the other has not seen.
      const { replayed } = await bench.replay({ code: "RARE" });
      expectCount(once + replayed, [200, 200], "replayed");
    },
    dead: 3800,
  },
  {
    number: 49,
    // It holds what does not fit until the end, and a channel lets it hold 65,535.
    title: `replay of a part (5 %) of ${MANY.toLocaleString("en")} letters, as far as a look may hold the others`,
    async replay(bench) {
      await bench.fill(MANY, rare);
      const { replayed, incomplete } = await bench.replay({ code: "RARE", journal: bench.journal });
      expectCount(replayed, [3450, 3450], "replayed");
      if (incomplete !== "window")
        throw new Error(`it ended with "${incomplete}", not because of the window`);
    },
    dead: MANY - 3450,
  },
  {
    number: 50,
    title: "21 looks at the letters of a quorum queue, whose 21st delivery RabbitMQ 4.0 drops",
    queueType: "quorum",
    // A look puts those at the end that the broker would soon drop.
    mayOvertake: true,
    async replay(bench) {
      await bench.fill(400);
      for (const matched of await bench.list(21)) expectCount(matched, [400, 400], "found");
    },
    dead: 400,
  },
];

/** Kills a replay at the moment at which these bytes are to pass, which they do not. */
async function killedAt(
  bench: ReplayBench,
  bytes: Buffer,
  direction: "toBroker" | "toClient",
): Promise<void> {
  await bench.fill(LETTERS);
  // It stops after each of its parts, and is told to go on again and again, since it may not have stopped yet.
  const run = bench.begin({ journal: bench.journal }, "SIGSTOP");
  const hasStopped = () => run.said.some(({ kind }) => kind === "progress");
  await run.program.until(hasStopped, "some letters to be replayed", 30_000);
  const held = bench.proxy.holdAt(bytes, direction);
  const timer = setInterval(() => run.program.signal("SIGCONT"), 50);
  await bench.within(held, "the line to be held").finally(() => clearInterval(timer));
  await run.kill();
  // What is held must not arrive.
  bench.proxy.reset();
  await bench.proxy.heal();
}

/** Letters that came home more than once. */
async function twice(bench: ReplayBench): Promise<number> {
  const { messageCount } = await bench.use((channel) => channel.checkQueue(bench.home));
  return messageCount - bench.put;
}

function expectCount(count: number, [least, most]: readonly [number, number], what: string): void {
  if (count < least || count > most)
    throw new Error(
      `${count} letters are ${what}, not ${least === most ? least : `between ${least} and ${most}`}`,
    );
}
