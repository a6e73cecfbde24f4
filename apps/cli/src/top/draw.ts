import { printable } from "@streamll/core/internal";
import pc from "picocolors";
import type { Figures, QueueFigures, SinkFigures } from "../broker/figures.js";

export interface Drawing {
  readonly colour: boolean;
  readonly columns: number;
  /** Lines that there is room for. */
  readonly rows: number;
}

const NUMBER = 10;
const columns = ["ready", "change/s", "unacked", "readers", "in/s", "out/s", "acked/s"] as const;

/** A queue, and by how many messages a second it grew since the last look. */
export interface Shown extends QueueFigures {
  readonly change?: number | undefined;
}

/** The figures as lines, none longer or more than there is room for. */
export function draw(
  title: string,
  { queues, sinks, hidden }: Omit<Figures, "queues"> & { readonly queues: readonly Shown[] },
  { colour, columns: width, rows }: Drawing,
): string[] {
  const { bold, dim, red, yellow } = pc.createColors(colour);
  const nameWidth = Math.max(12, width - columns.length * NUMBER - 2);
  const cells = (values: readonly string[]) => values.map((value) => value.padStart(NUMBER)).join("");
  const fit = (text: string) => cut(printable(text), nameWidth).padEnd(nameWidth);
  const queueLine = (queue: Shown) => {
    const { name, ready, change, unacked, readers, in: published, out, acked, dead } = queue;
    const text = `${fit(dead ? `${name} (dead letters)` : name)}${cells([
      whole(ready),
      signed(change),
      whole(unacked),
      whole(readers),
      ...[published, out, acked].map(perSecond),
    ])}`;
    if (dead && (ready ?? 0) > 0) return red(text);
    return readers === 0 && (ready ?? 0) > 0 ? yellow(text) : text;
  };
  const sinkLine = ({ name, state, rate }: SinkFigures) =>
    `${fit(name)}${cells([state, `${whole(rate)} B/s`])}`;
  const lines = [
    bold(cut(title, width)),
    "",
    dim(`${"queue".padEnd(nameWidth)}${cells(columns)}`),
    ...(queues.length === 0 ? ["no queue is bound, or none may be seen"] : queues.map(queueLine)),
    "",
    dim(`${"sink".padEnd(nameWidth)}${cells(["state", "sends"])}`),
    ...(sinks.length === 0
      ? [hidden === undefined ? "none is connected" : "not known"]
      : sinks.map(sinkLine)),
    ...(hidden === undefined ? [] : ["", dim(cut(`rates and sinks: ${printable(hidden)}`, width))]),
  ];
  return lines.slice(0, rows);
}

const cut = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
const whole = (value: number | undefined) =>
  value === undefined ? "-" : Math.round(value).toLocaleString("en");
const perSecond = (value: number | undefined) => (value === undefined ? "-" : value.toFixed(1));
const signed = (value: number | undefined) =>
  value === undefined ? "-" : `${value > 0 ? "+" : ""}${value.toFixed(1)}`;
