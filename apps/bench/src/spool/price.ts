import { spread } from "../figures.js";
import type { Goal } from "../goals.js";
import type { HandOver } from "./hand-over.js";
import { type Mode, modes, titles } from "./modes.js";

/** What a call of `handleEvent` may take more than without a spool. */
const MOST_MICROS = 3;

const of = (rounds: readonly HandOver[], mode: Mode, figure: "mean" | "median" | "p99") =>
  spread(
    rounds.map((round) => round[mode][figure] / 1000),
    2,
  );

export const priceText = (rounds: readonly HandOver[]): string =>
  `\`handleEvent\` takes its caller, in µs, 500 calls a turn of the event loop, the modes in turns, with a broker in memory, ${rounds.length} rounds:\n\n${modes
    .map(
      (mode) =>
        `- ${titles[mode]}: mean ${of(rounds, mode, "mean")}, median ${of(rounds, mode, "median")}, p99 ${of(rounds, mode, "p99")}`,
    )
    .join("\n")}`;

export const priceGoals = (rounds: readonly HandOver[]): Goal[] =>
  modes
    .filter((mode) => mode !== "none")
    .map((mode) => ({
      title: `\`handleEvent\`, mean: more than without a spool, ${titles[mode]}`,
      figures: rounds.map((round) => (round[mode].mean - round.none.mean) / 1000),
      most: MOST_MICROS,
      digits: 2,
      unit: "µs",
    }));
