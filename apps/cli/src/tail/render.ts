import type { StreamllEvent } from "@streamll/core";
import { plainJson, printable } from "@streamll/core/internal";
import pc from "picocolors";

/** Width of a line where the output is not a terminal. */
const PIPE_COLUMNS = 160;
/** At least this much of the data is shown. */
const MIN_DATA_LENGTH = 40;
/** At most this much of a name is shown. */
const MAX_NAME_LENGTH = 80;

/** Gives an event as one line for people. */
export function lineRenderer(colour: boolean, columns = PIPE_COLUMNS): (event: StreamllEvent) => string {
  const colours = pc.createColors(colour);
  // A map, since an event may have any type, even "__proto__".
  const typeColours = new Map([
    ["start", colours.cyan],
    ["end", colours.green],
    ["error", colours.red],
    ["llm_start", colours.magenta],
    ["llm_end", colours.magenta],
    ["token", colours.dim],
  ]);
  return (event) => {
    const { timestamp, executionId, moduleName, methodName, operation, eventType, data } = event;
    const { duration_ms: duration, ...rest } = data;
    const head: [text: string, paint: (text: string) => string][] = [
      [clock(timestamp), colours.dim],
      [printable(executionId.slice(0, 8)).padEnd(8), colours.dim],
      [name(eventType).padEnd(9), typeColours.get(eventType) ?? colours.yellow],
      [`${name(moduleName)}.${name(methodName)}`, colours.bold],
    ];
    if (operation !== null) head.push([`/ ${name(operation)}`, (text) => text]);
    if (typeof duration === "number") head.push([milliseconds(duration), colours.green]);
    const used = head.reduce((sum, [text]) => sum + text.length + 1, 0);
    const shown = dataText(rest, Math.max(MIN_DATA_LENGTH, columns - used - 1));
    if (shown !== "") head.push([shown, colours.dim]);
    return head.map(([text, paint]) => paint(text)).join(" ");
  };
}

const name = (text: string) => printable(cut(text, MAX_NAME_LENGTH));

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** The local time of day; an unreadable timestamp stays as it is. */
function clock(timestamp: string): string {
  const time = new Date(timestamp);
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  if (Number.isNaN(local.getTime())) return name(timestamp);
  return local.toISOString().slice(-13, -1);
}

const milliseconds = (ms: number) =>
  ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${(ms / 1000).toFixed(2)} s`;

/** No more of it is looked at than is shown: an event may be nested deeper than `JSON.stringify` goes. */
function dataText(data: Readonly<Record<string, unknown>>, room: number): string {
  if (Object.keys(data).length === 0) return "";
  return cut(printable(cut(plainJson(data, room) ?? "", room + 1)), room);
}
