import { InvalidEventError, parseEvent, type StreamllEvent } from "@streamll/core";
import type { Line } from "./lines.js";

/** The event of a line, or what is wrong with it. */
export function eventOfLine(line: Line): StreamllEvent | string {
  if ("problem" in line) return line.problem;
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    // The parser's own message quotes the line, which may hold private data.
    return "not JSON";
  }
  try {
    return parseEvent(value);
  } catch (error) {
    if (error instanceof InvalidEventError) return `invalid event: ${error.message}`;
    throw error;
  }
}
