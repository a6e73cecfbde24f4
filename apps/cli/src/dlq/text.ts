import type { ListedLetter } from "@streamll/consumer";
import { printable } from "@streamll/core/internal";
import { exitCode } from "../exit.js";

/** Longest text of somebody else in a cell. */
const MOST = 60;

/** Text of somebody else in one line: it steers no terminal. */
export const cell = (text: string | undefined): string => {
  const safe = printable(text ?? "–");
  return safe.length > MOST ? `${safe.slice(0, MOST - 1)}…` : safe;
};

export const number = (value: number): string => value.toLocaleString("en");

export const counted = (value: number, what: string): string =>
  `${number(value)} ${what}${value === 1 ? "" : "s"}`;

/** Rows in columns; the first row is the head. `right` names columns of numbers. */
export function columns(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((text, column) =>
      right.has(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
    );
  return rows.map((row) => line(row).join("  ").trimEnd()).join("\n");
}

/** As `3 d`, `5 h`, `7 min` or `12 s`. */
export function age(at: Date | undefined, now = Date.now()): string {
  if (at === undefined) return "–";
  const seconds = Math.max(0, Math.round((now - at.getTime()) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Where a letter was meant for. */
export const target = ({ exchange, routingKey }: Pick<ListedLetter, "exchange" | "routingKey">): string =>
  exchange === undefined
    ? "unknown"
    : `${exchange === "" ? "(default exchange)" : cell(exchange)} ${cell(routingKey)}`;

interface Scanned {
  readonly scanned: number;
  readonly total?: number | undefined;
  readonly incomplete?: string | undefined;
}

const reasons: Readonly<Record<string, string>> = {
  window: "as many as one consumer may hold do not fit the selection: replay or purge some first",
  bytes: "256 MiB are held: narrow the selection, or replay or purge some first",
  stalled: "no more came: another consumer has them, or the queue for itself",
  lost: "the connection was lost",
  aborted: "interrupted",
};

/** How much was looked at, and why not all. */
export function scannedText({ scanned, total, incomplete }: Scanned): string {
  const of = total === undefined ? "" : ` of ${number(total)}`;
  const why = incomplete === undefined ? "" : `; ${reasons[incomplete] ?? incomplete}`;
  return `scanned ${number(scanned)}${of}${why}`;
}

/** Of a look: whether all was seen. */
export const codeOf = ({ incomplete }: Scanned): number =>
  incomplete === undefined ? exitCode.done : exitCode.partial;

/** A share of a whole as a bar. */
export function bar(done: number, whole: number, width = 24): string {
  const filled = whole === 0 ? width : Math.min(width, Math.floor((done / whole) * width));
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}]`;
}
