import { expectEvents } from "./batch/queue.js";
import type { BenchBroker } from "./broker.js";
import { measured } from "./child.js";
import { filledQueue } from "./consume/queue.js";
import { type FieldName, fields } from "./fields.js";
import { hotPathText, memoryText, rowsOf } from "./figures.js";
import { type Goal, goalsOf, handOverGoal, memoryGoal } from "./goals.js";
import type { HotPath } from "./hot-path.js";
import type { Memory } from "./memory.js";
import { benchServer } from "./pubsub/server.js";
import { type BenchQueue, benchQueue } from "./queues/queue.js";
import { race, type Umpire } from "./race.js";
import type { Outcome } from "./record.js";
import { benchBus } from "./service-bus/queue.js";
import type { HandOver } from "./spool/hand-over.js";
import { priceGoals, priceText } from "./spool/price.js";
import { benchStream, fillStream } from "./streams/stream.js";

/** How long a course is. */
export interface Course {
  readonly events: number;
  readonly rounds: number;
  /** 0 leaves the runs out that watch memory. */
  readonly memoryEvents: number;
}

/** As Node.js has it by itself in a container of 512 MiB. */
const SMALL_HEAP_MIB = 256;

/** The default of `maxBufferedBytes`, and a small one. */
const BUFFERS_MIB = [64, 8];

export const courses: Readonly<Record<FieldName, (broker: BenchBroker, course: Course) => Promise<Outcome>>> =
  {
    async queues({ url }, course) {
      await using queue = await benchQueue(url);
      const outcome = await onQueue("queues", url, queue, course);
      const hotPath = await measured<HotPath[]>("./hot-path.ts");
      const notes = [hotPathText(hotPath)];
      const goals = [...outcome.goals, handOverGoal(hotPath)];
      if (course.memoryEvents > 0) {
        const memory = await watchMemory(url, queue, course.memoryEvents);
        notes.push(memory.text);
        goals.push(...memory.goals);
      }
      return { ...outcome, goals, notes };
    },

    async batch({ url }, course) {
      await using queue = await benchQueue(url);
      return await onQueue(
        "batch",
        url,
        { brokerVersion: queue.brokerVersion, expect: (...all) => expectEvents(url, ...all) },
        course,
      );
    },

    async amqp10({ url }, course) {
      await using queue = await benchQueue(url);
      return await onQueue("amqp10", url, queue, course);
    },

    consume: ({ url }, course) => onFilledQueue("consume", url, course),

    receive: ({ url }, course) => onFilledQueue("receive", url, course),

    // Many executions at a time: what is handled in order needs others beside it.
    handlers: ({ url }, course) => onFilledQueue("handlers", url, course, (index) => `run-${index % 1000}`),

    async pubsub(_, course) {
      await using server = await benchServer();
      const umpire = { before: server.clear, after: server.expect };
      return { ...(await raced("pubsub", server.url, course, umpire)), stands: "Pub/Sub" };
    },

    async serviceBus(_, course) {
      await using bus = await benchBus();
      const umpire = { before: bus.fill, after: (_: number, who: string) => bus.expectEmpty(who) };
      return { ...(await raced("serviceBus", bus.url, course, umpire)), stands: "Azure Service Bus" };
    },

    async read({ url, streamUrl }, course) {
      const streams = known(streamUrl);
      await using stream = await benchStream(url);
      const umpire = {
        async before(count: number) {
          await stream.clear();
          await fillStream(streams, count);
          await stream.expect(count, "filling the stream");
        },
        // A run ends once all have come, and each contestant counts them.
        after: async () => {},
      };
      return { ...(await raced("read", streams, course, umpire)), brokerVersion: stream.brokerVersion };
    },

    streams: (broker, course) => onStream("streams", broker, course),

    async spool({ url }, course) {
      await using queue = await benchQueue(url);
      const outcome = await onQueue("spool", url, queue, course);
      const handOver = await measured<HandOver[]>("./spool/hand-over.ts");
      const goals = [...priceGoals(handOver), ...outcome.goals];
      return { ...outcome, goals, notes: [priceText(handOver)] };
    },

    spoolStreams: (broker, course) => onStream("spoolStreams", broker, course),
  };

function known(streamUrl: string | undefined): string {
  if (streamUrl !== undefined) return streamUrl;
  throw new Error("the port of the stream protocol is not known of a broker by its URL");
}

async function onStream(
  field: "streams" | "spoolStreams",
  { url, streamUrl }: BenchBroker,
  course: Course,
): Promise<Outcome> {
  const streams = known(streamUrl);
  await using stream = await benchStream(url);
  const umpire = { before: stream.clear, after: stream.expect };
  return { ...(await raced(field, streams, course, umpire)), brokerVersion: stream.brokerVersion };
}

async function onQueue(
  field: "queues" | "batch" | "amqp10" | "spool",
  url: string,
  { brokerVersion, expect }: Pick<BenchQueue, "brokerVersion" | "expect">,
  course: Course,
): Promise<Outcome> {
  return { ...(await raced(field, url, course, { after: expect })), brokerVersion };
}

async function onFilledQueue(
  field: "consume" | "receive" | "handlers",
  url: string,
  course: Course,
  executionOf?: (index: number) => string,
): Promise<Outcome> {
  await using queue = await filledQueue(url);
  const umpire = {
    before: (count: number) => queue.fill(count, executionOf),
    after: (_: number, who: string) => queue.expectEmpty(who),
  };
  return { ...(await raced(field, url, course, umpire)), brokerVersion: queue.brokerVersion };
}

async function raced(
  field: FieldName,
  url: string,
  { events, rounds }: Course,
  umpire: Umpire,
): Promise<Outcome> {
  const runs = await race(field, url, { events, rounds }, umpire);
  const notes = Object.values(fields[field]).flatMap(({ title, slower }) =>
    slower === undefined ? [] : [`${title}: a run has 1/${slower} of the events.`],
  );
  return { field, events, rounds, notes, rows: rowsOf(field, runs), goals: goalsOf(field, runs) };
}

async function watchMemory(
  url: string,
  queue: BenchQueue,
  events: number,
): Promise<{ readonly text: string; readonly goals: readonly Goal[] }> {
  const lines: string[] = [];
  const goals: Goal[] = [];
  const watch = async (maxBufferedMiB: number, title: string, ...flags: string[]) => {
    const memory = await measured<Memory>("./memory.ts", [url, `${events}`, `${maxBufferedMiB}`], flags);
    await queue.expect(events, "a run that watches memory");
    lines.push(memoryText(title, memory));
    return memory;
  };
  for (const mib of BUFFERS_MIB)
    goals.push(memoryGoal([await watch(mib, `\`maxBufferedBytes\` of ${mib} MiB, V8's default heap`)], mib));
  await watch(
    BUFFERS_MIB[0]!,
    `\`maxBufferedBytes\` of ${BUFFERS_MIB[0]} MiB, a heap of ${SMALL_HEAP_MIB} MiB as Node.js has it in a container of 512 MiB`,
    `--max-old-space-size=${SMALL_HEAP_MIB}`,
  );
  return { text: lines.join("\n"), goals };
}
