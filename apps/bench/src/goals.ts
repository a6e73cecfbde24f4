import { type FieldName, fields } from "./fields.js";
import { figuresOf, median, ratios, spread } from "./figures.js";
import type { HotPath } from "./hot-path.js";
import type { Memory } from "./memory.js";
import type { Runs } from "./race.js";

/** What this project asks of itself. */
export interface Goal {
  readonly title: string;
  readonly least?: number;
  readonly most?: number;
  /** One of each round. */
  readonly figures: readonly number[];
  readonly digits: number;
  readonly unit?: string;
}

/** What `handleEvent` took beside encoding the same event before the buffer became a log: 1.20 to 1.36 in ten rounds. */
const HAND_OVER_BEFORE = 1.33;

/** Beside the bytes of the buffer, for all else that a sink holds. */
const MEMORY_MARGIN_MIB = 30;

/** Those of our contestants that a goal is asked of: as it is installed, and as a user who reads the docs sets it. */
const ours: Readonly<Record<FieldName, readonly string[]>> = {
  queues: ["streamll", "alike"],
  batch: ["batch"],
  streams: ["streamll", "recipe"],
  amqp10: ["streamll", "alike"],
  consume: ["transport", "eventConsumer"],
  handlers: ["eventConsumer"],
  pubsub: ["streamll", "guide"],
  read: ["transport", "eventConsumer"],
  spool: ["interval", "always", "never", "overflow"],
  spoolStreams: ["interval", "always", "never", "overflow"],
  receive: ["eventConsumer"],
  serviceBus: ["eventConsumer"],
};

export function goalsOf(field: FieldName, runs: Runs): Goal[] {
  const cpu = (name: string, rival: string, most: number): Goal => ({
    ...titled(field, name, `CPU as a multiple of: ${fields[field][rival]!.title}`),
    figures: ratios(runs, "cpuMicros", name, rival),
    most,
    digits: 2,
  });
  const rate = (name: string, rival: string, least: number): Goal => ({
    ...titled(field, name, `rate as a part of: ${fields[field][rival]!.title}`),
    figures: ratios(runs, "eventsPerSecond", name, rival),
    least,
    digits: 2,
  });
  const asked: Readonly<Record<FieldName, (name: string) => readonly Goal[]>> = {
    queues: (name) => [cpu(name, "pipelined", 0.5), rate(name, "pipelined", 1)],
    batch: (name) => [rate(name, "streamll", 12), rate(name, "byHand", 1)],
    streams: (name) => [cpu(name, "inline", 1.6), rate(name, "inline", 0.8), overBetterOfTwo(runs, name)],
    amqp10: (name) => [cpu(name, "pipelined", 0.5)],
    pubsub: (name) =>
      (["google", "full"] as const).flatMap((rival) => [cpu(name, rival, 0.5), rate(name, rival, 1)]),
    consume: (name) =>
      ["amqplibInLots", "rabbitmqClient", "rascal"].flatMap((rival) => [
        cpu(name, rival, 1),
        rate(name, rival, 1),
      ]),
    handlers: (name) =>
      ["amqplib", "rabbitmqClient", "rascal"].flatMap((rival) => [
        cpu(name, rival, 1),
        rate(name, rival, 0.95),
      ]),
    read: (name) => [cpu(name, "official", 1), rate(name, "official", 1)],
    spool: (name) => [rate(name, "none", 0.8)],
    spoolStreams: (name) => [rate(name, "none", 0.8)],
    receive: (name) => [cpu(name, "rhea", 1), rate(name, "rhea", 1)],
    serviceBus: (name) =>
      ["subscribed", "inBatches"].flatMap((rival) => [cpu(name, rival, 1), rate(name, rival, 1)]),
  };
  return ours[field].flatMap(asked[field]);
}

const titled = (field: FieldName, name: string, what: string) => ({
  title: `${fields[field][name]!.title}: ${what}`,
});

/** The official client is faster one way on one machine, and the other way on another. */
function overBetterOfTwo(runs: Runs, name: string): Goal {
  const [single, joined] = ["pipelined", "subEntries"].map((rival) =>
    figuresOf(runs, rival, "eventsPerSecond"),
  );
  return {
    ...titled("streams", name, "rate as a multiple of the better rate of rabbitmq-stream-js-client"),
    figures: figuresOf(runs, name, "eventsPerSecond").map(
      (rate, round) => rate / Math.max(single![round]!, joined![round]!),
    ),
    least: 2,
    digits: 2,
  };
}

export const handOverGoal = (rounds: readonly HotPath[]): Goal => ({
  title: "`handleEvent`: time as a multiple of `JSON.stringify` and `Buffer.from` of the same event",
  figures: rounds.map(({ handleEvent, encode }) => handleEvent.median / encode.median),
  most: HAND_OVER_BEFORE,
  digits: 2,
});

export const memoryGoal = (memories: readonly Memory[], maxBufferedMiB: number): Goal => ({
  title: `events made faster than the broker takes them, \`maxBufferedBytes\` of ${maxBufferedMiB} MiB: resident memory grows by`,
  figures: memories.map(({ growthMiB }) => growthMiB),
  most: maxBufferedMiB + MEMORY_MARGIN_MIB,
  digits: 0,
  unit: "MiB",
});

export const goalsHead = ["goal", "bound", "figure", ""];

export function goalRow({ title, least, most, figures, digits, unit }: Goal): string[] {
  const bound = most === undefined ? `at least ${least}` : `at most ${most}`;
  const within = (value: number) => value >= (least ?? -Infinity) && value <= (most ?? Infinity);
  const agreeing = figures.filter((value) => within(value) === within(median(figures))).length;
  const rounds = agreeing === figures.length ? "" : `, in ${agreeing} of ${figures.length} rounds`;
  const withUnit = (text: string) => (unit === undefined ? text : `${text} ${unit}`);
  return [
    title,
    withUnit(bound),
    withUnit(spread(figures, digits)),
    `${within(median(figures)) ? "met" : "missed"}${rounds}`,
  ];
}
