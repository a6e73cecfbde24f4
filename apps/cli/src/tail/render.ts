import type { StreamllEvent } from "@streamll/core";
import { printable } from "@streamll/core/internal";
import pc from "picocolors";

/** Width of a line where the output is no terminal. */
const PIPE_COLUMNS = 160;
/** Of the data, at least so much is shown. */
const LEAST_DATA = 40;

/** Gives an event as one line for people. */
export function lineRenderer(colour: boolean, columns = PIPE_COLUMNS): (event: StreamllEvent) => string {
  const colours = pc.createColors(colour);
  const typeColours: Readonly<Record<string, (text: string) => string>> = {
    start: colours.cyan,
    end: colours.green,
    error: colours.red,
    llm_start: colours.magenta,
    llm_end: colours.magenta,
    token: colours.dim,
  };
  return (event) => {
    const { timestamp, executionId, moduleName, methodName, operation, eventType, data } = event;
    const { duration_ms: duration, ...rest } = data;
    const head: [text: string, paint: (text: string) => string][] = [
      [clock(timestamp), colours.dim],
      [printable(executionId.slice(0, 8)).padEnd(8), colours.dim],
      [printable(eventType).padEnd(9), typeColours[eventType] ?? colours.yellow],
      [`${printable(moduleName)}.${printable(methodName)}`, colours.bold],
    ];
    if (operation !== null) head.push([`/ ${printable(operation)}`, (text) => text]);
    if (typeof duration === "number") head.push([milliseconds(duration), colours.green]);
    const used = head.reduce((sum, [text]) => sum + text.length + 1, 0);
    const shown = dataText(rest, Math.max(LEAST_DATA, columns - used - 1));
    if (shown !== "") head.push([shown, colours.dim]);
    return head.map(([text, paint]) => paint(text)).join(" ");
  };
}

/** The local time of day; what cannot be read stays as it is. */
function clock(timestamp: string): string {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) return printable(timestamp);
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(11, 23);
}

const milliseconds = (ms: number) =>
  ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${(ms / 1000).toFixed(2)} s`;

function dataText(data: Readonly<Record<string, unknown>>, room: number): string {
  if (Object.keys(data).length === 0) return "";
  const text = printable(JSON.stringify(data));
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}
