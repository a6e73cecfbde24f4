import { mkdir, writeFile } from "node:fs/promises";
import * as Plot from "@observablehq/plot";
import { tableRows, textBetween } from "@streamll/evidence";
import { parseHTML } from "linkedom";
import type { FieldName } from "./fields.js";

/** A row of a recorded table: a median with the least and the most, of CPU and of rate. */
interface Bar {
  readonly title: string;
  readonly isOurs: boolean;
  readonly cpu: Spread;
  /** Absent where nothing is sent. */
  readonly rate: Spread | undefined;
}

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const schemes = {
  light: { ours: "#0b6bcb", theirs: "#b3bcc7", text: "#1f2328", spread: "#57606a" },
  dark: { ours: "#4c9ef5", theirs: "#59636e", text: "#e6edf3", spread: "#b1bac4" },
} as const;

type Scheme = keyof typeof schemes;

/** Those whose table is drawn; the others are close to one of these. */
export const drawn = [
  "queues",
  "batch",
  "streams",
  "amqp10",
  "consume",
  "pubsub",
] as const satisfies FieldName[];

const images = new URL("../../../docs/images/benchmarks/", import.meta.url);

export const pictureFile = (field: FieldName, scheme: Scheme): URL =>
  new URL(`${field}-${scheme}.svg`, images);

/** Draws what docs/evidence/benchmarks.md has of each, as docs/images/benchmarks/NAME-light.svg and -dark.svg. */
export async function drawAll(): Promise<void> {
  await mkdir(images, { recursive: true });
  for (const field of drawn) {
    for (const scheme of ["light", "dark"] as const) {
      await writeFile(pictureFile(field, scheme), await drawField(field, scheme));
    }
  }
}

/** The picture of the table that is recorded on the newest broker, as SVG. */
export async function drawField(field: FieldName, scheme: Scheme): Promise<string> {
  const bars = tableRows(await textBetween("evidence/benchmarks.md", field)).map(barOf);
  const figures = (of: "cpu" | "rate") => bars.flatMap((bar) => (bar[of] ? [{ ...bar, ...bar[of] }] : []));
  return stacked([
    panel("Client CPU, µs an event: less is better", figures("cpu"), scheme),
    panel("Events a second: more is better", figures("rate"), scheme),
  ]);
}

function barOf(cells: readonly string[]): Bar {
  const [title, rate, , cpu] = cells as [string, string, string, string];
  return {
    title: title.replaceAll("`", ""),
    isOurs: /^(streamll|EventConsumer)/.test(title),
    cpu: spreadOf(cpu)!,
    rate: spreadOf(rate),
  };
}

/** Of `median (least–most)`. */
function spreadOf(cell: string): Spread | undefined {
  const [median, least, most] = cell.match(/[\d.]+/g)?.map(Number) ?? [];
  return median === undefined ? undefined : { median, least: least ?? median, most: most ?? median };
}

/** SVG, and how high it is. */
interface Panel {
  readonly svg: string;
  readonly height: number;
}

const WIDTH = 860;
const LABELS = 380;
const ROW = 24;
const HEAD = 36;

function panel(title: string, bars: readonly (Bar & Spread)[], scheme: Scheme): Panel {
  const colours = schemes[scheme];
  const height = HEAD + bars.length * ROW;
  const row = (_: unknown, index: number) => index;
  const figure = Plot.plot({
    document: parseHTML("<html></html>").document,
    width: WIDTH,
    height,
    margin: 0,
    marginTop: HEAD,
    marginLeft: LABELS,
    marginRight: 70,
    style: { background: "none", color: colours.text, fontFamily: "system-ui, sans-serif", fontSize: "12px" },
    x: { axis: null, domain: [0, Math.max(...bars.map(({ most }) => most))] },
    y: { domain: bars.map(row), padding: 0.3 },
    marks: [
      Plot.text([title], { frameAnchor: "top-left", dx: -LABELS, dy: -24, fontWeight: "bold", fontSize: 14 }),
      Plot.axisY({ tickFormat: (index: number) => bars[index]!.title, tickSize: 0 }),
      Plot.barX(bars, {
        y: row,
        x: "median",
        fill: ({ isOurs }) => (isOurs ? colours.ours : colours.theirs),
      }),
      Plot.ruleY(bars, { y: row, x1: "least", x2: "most", stroke: colours.spread, strokeWidth: 1.5 }),
      Plot.text(bars, {
        y: row,
        x: "most",
        text: ({ median }) => median.toLocaleString("en"),
        dx: 6,
        textAnchor: "start",
      }),
    ],
  });
  return { svg: String(figure), height };
}

/** The panels below each other, as one picture. */
function stacked(panels: readonly Panel[]): string {
  const height = panels.reduce((sum, panel) => sum + panel.height, 0);
  let y = 0;
  const placed = panels.map(({ svg, height }) => {
    const group = `<g transform="translate(0 ${y})">${svg}</g>`;
    y += height;
    return group;
  });
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  return [`<svg xmlns="http://www.w3.org/2000/svg" ${size}>`, ...placed, "</svg>", ""].join("\n");
}
