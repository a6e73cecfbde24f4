import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { property } from "../event/shapes.js";

/** Longer lines come from a bundler or minifier: an excerpt of one helps nobody. */
const MAX_LINE = 1024;

/** What Node prints above an error: file, line and a caret. Empty if there is no source to show. */
export function excerptOf(error: unknown): string {
  const frame = types.isNativeError(error) ? frameOf(String(property(error, "stack"))) : undefined;
  if (frame === undefined) return "";
  const { place, line, column } = frame;
  try {
    const path = place.startsWith("file:") ? fileURLToPath(place) : place;
    const source = readFileSync(path, "utf8").split("\n")[line - 1]?.replace(/\r$/, "");
    if (source === undefined || source.length > MAX_LINE) return "";
    const before = source.slice(0, column - 1);
    const thrown = /\bthrow\s[^;{}]*$/.exec(before)?.index ?? before.length;
    return `${place}:${line}\n${source}\n${before.slice(0, thrown).replace(/[^\t]/g, " ")}^\n\n`;
  } catch {
    return "";
  }
}

/** Where the error was created, if that is in a source file. */
function frameOf(stack: string): { place: string; line: number; column: number } | undefined {
  const first = stack
    .slice(0, 64 * MAX_LINE)
    .split("\n")
    .find((line) => line.startsWith("    at "));
  if (first === undefined || first.length > MAX_LINE) return undefined;
  const [, place, line, column] =
    /^ {4}at (?:[^(]*\()?([^():]*(?:file:)?[^():]*\.[cm]?[jt]sx?):(\d+):(\d+)\)?$/.exec(first) ?? [];
  return place === undefined ? undefined : { place, line: Number(line), column: Number(column) };
}
