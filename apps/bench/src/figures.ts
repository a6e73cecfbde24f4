import type { Contestant } from "./contestants.js";
import type { HotPath } from "./hot-path.js";
import type { Memory } from "./memory.js";
import type { Run } from "./run.js";

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function spread(values: readonly number[], digits = 0): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

const FIRST_RIVAL = "pipelined";

/** Rates are told as a part of the ceiling, where that is measured. */
export const headOf = (field: object) => [
  "",
  "events/s, median (spread)",
  "replay" in field ? "of the ceiling" : "of the first rival",
  "client CPU, µs an event",
  "of the first rival",
  "loop delay p99, ms",
];

/** A row for each contestant. */
export function rowsOf<Name extends string>(
  field: Readonly<Record<Name | typeof FIRST_RIVAL, Contestant>>,
  runs: ReadonlyMap<string, readonly Run[]>,
): string[][] {
  const of = (name: string, figure: keyof Run) => (runs.get(name) ?? []).map((run) => run[figure]);
  const ceiling = median(of("replay" in field ? "replay" : FIRST_RIVAL, "eventsPerSecond"));
  const rival = median(of(FIRST_RIVAL, "cpuMicros"));
  return (Object.keys(field) as Name[]).map((name) => {
    const rate = of(name, "eventsPerSecond");
    const cpu = of(name, "cpuMicros");
    return [
      field[name].title,
      spread(rate),
      `${Math.round((100 * median(rate)) / ceiling)} %`,
      spread(cpu, 1),
      (median(cpu) / rival).toFixed(2),
      median(of(name, "loopDelayP99Ms")).toFixed(1),
    ];
  });
}

export function hotPathText(rounds: readonly HotPath[]): string {
  const micros = (pick: (round: HotPath) => number) => median(rounds.map(pick)) / 1000;
  const ours = micros(({ handleEvent }) => handleEvent.median);
  const theirs = micros(({ encode }) => encode.median);
  const oursP99 = micros(({ handleEvent }) => handleEvent.p99);
  const theirsP99 = micros(({ encode }) => encode.p99);
  return (
    `\`handleEvent\` takes its caller ${ours.toFixed(2)} µs (median; p99 ${oursP99.toFixed(2)}), ` +
    `\`JSON.stringify\` and \`Buffer.from\` of the same event alone ${theirs.toFixed(2)} µs (p99 ${theirsP99.toFixed(2)}): ` +
    `${(ours - theirs).toFixed(2)} µs more, p99 ${(oursP99 / theirsP99).toFixed(1)} times. ` +
    `200,000 calls in a row with room for all, medians of ${rounds.length} rounds.`
  );
}

/** As Node.js has it by itself in a container of 512 MiB. */
export const SMALL_HEAP_MIB = 256;

/** @param small With a heap of {@link SMALL_HEAP_MIB}: on a large machine V8 lets garbage lie longer. */
export const memoryText = (large: Memory, small: Memory, few: Memory): string =>
  `${large.events.toLocaleString("en")} events, made faster than the broker takes them: resident memory grew by ` +
  `${large.growthMiB.toFixed(0)} MiB at most where the sink buffers ${large.maxBufferedEvents.toLocaleString("en")}, by ` +
  `${small.growthMiB.toFixed(0)} MiB with the heap of ${SMALL_HEAP_MIB} MiB that Node.js has in a container of 512 MiB, ` +
  `and by ${few.growthMiB.toFixed(0)} MiB where it buffers ${few.maxBufferedEvents.toLocaleString("en")}.`;
