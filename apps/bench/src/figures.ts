import { type FieldName, fields, references } from "./fields.js";
import type { HotPath } from "./hot-path.js";
import type { Memory } from "./memory.js";
import type { Runs } from "./race.js";
import type { Run } from "./run.js";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median, and the least and the most in parentheses. */
export function spread(values: readonly number[], digits = 0): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

export const figuresOf = (runs: Runs, name: string, figure: keyof Run): number[] =>
  (runs.get(name) ?? []).map((run) => run[figure]);

/** Of each round by itself: what slows the machine down for a minute slows both down. */
export function ratios(runs: Runs, figure: keyof Run, name: string, reference: string): number[] {
  const of = figuresOf(runs, reference, figure);
  return figuresOf(runs, name, figure).map((value, round) => value / of[round]!);
}

export function headOf(field: FieldName): string[] {
  const of = (name: string) => (name === "replay" ? "the ceiling" : fields[field][name]!.title);
  const { rate, cpu } = references[field];
  return [
    "",
    "events/s",
    `rate as a part of: ${of(rate)}`,
    "client CPU, µs an event",
    `CPU as a multiple of: ${of(cpu)}`,
    "main thread in garbage collection, µs",
    "CPU of V8's helper threads, µs",
    "loop delay p99, ms",
  ];
}

/** A row for each contestant: medians, and the spread over the rounds. */
export function rowsOf(field: FieldName, runs: Runs): string[][] {
  const { rate, cpu } = references[field];
  return Object.entries(fields[field]).map(([name, { title, publishesNothing }]) => {
    const rates = figuresOf(runs, name, "eventsPerSecond");
    const percents = ratios(runs, "eventsPerSecond", name, rate).map((ratio) => 100 * ratio);
    return [
      title,
      publishesNothing ? "" : spread(rates),
      publishesNothing ? "" : `${spread(percents)} %`,
      spread(figuresOf(runs, name, "cpuMicros"), 1),
      spread(ratios(runs, "cpuMicros", name, cpu), 2),
      spread(figuresOf(runs, name, "gcMicros"), 1),
      spread(figuresOf(runs, name, "helperMicros"), 1),
      publishesNothing ? "" : median(figuresOf(runs, name, "loopDelayP99Ms")).toFixed(1),
    ];
  });
}

export function hotPathText(rounds: readonly HotPath[]): string {
  const micros = (pick: (round: HotPath) => number) =>
    spread(
      rounds.map((round) => pick(round) / 1000),
      2,
    );
  return (
    `\`handleEvent\` takes its caller ${micros(({ handleEvent }) => handleEvent.median)} µs ` +
    `(p99 ${micros(({ handleEvent }) => handleEvent.p99)}), \`JSON.stringify\` and \`Buffer.from\` of the same event ` +
    `${micros(({ encode }) => encode.median)} µs (p99 ${micros(({ encode }) => encode.p99)}). ` +
    `200,000 calls in a row with room for all, ${rounds.length} rounds.`
  );
}

export const memoryText = (title: string, { events, growthMiB, peakMiB, programMiB }: Memory): string =>
  `- ${title}: resident memory grew by ${growthMiB.toFixed(0)} MiB over the ${programMiB.toFixed(0)} MiB of the same ` +
  `program without a sink, to ${peakMiB.toFixed(0)} MiB (${events.toLocaleString("en")} events).`;
