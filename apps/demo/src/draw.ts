import type { StreamllEvent } from "@streamll/core";
import type { Colors, Formatter } from "picocolors/types.js";
import { type Call, callsOf, type Node } from "./calls.js";
import { type Timeline, timelineOf } from "./timeline.js";

interface Row {
  readonly name: string;
  readonly paint: Formatter;
  readonly detail: string;
  readonly timeline: string;
  readonly took?: string;
}

const timelineWidth = 24;
const tookWidth = 10;

/**
 * Events as a tree of calls, one a line: its name, what went in or came out, when it ran, and for how long.
 * Above them is the scale of time.
 */
export function drawTree(events: readonly StreamllEvent[], width: number, colors: Colors): string[] {
  const timeline = timelineOf(events, timelineWidth);
  const textWidth = width - timelineWidth - tookWidth - 2;
  const scale = " ".repeat(textWidth + 2) + colors.dim(timeline.scale);
  return [scale, ...callsOf(events).flatMap((node) => draw(node, "", ""))];

  function draw(node: Node, branch: string, below: string): string[] {
    if (!("start" in node)) return [line(branch, eventRow(node, timeline, colors))];
    const call = line(branch, callRow(node, branch === "", timeline, colors));
    const { tokens, inside } = node;
    const last = inside.length - (tokens.length > 0 ? 0 : 1);
    const children = inside.flatMap((child, index) =>
      index < last ? draw(child, `${below}├ `, `${below}│ `) : draw(child, `${below}└ `, `${below}  `),
    );
    return tokens.length === 0
      ? [call, ...children]
      : [call, ...children, line(`${below}└ `, tokenRow(tokens, timeline, colors))];
  }

  function line(branch: string, { name, paint, detail, timeline, took = "" }: Row): string {
    const used = branch.length + name.length + 1;
    const shown = cut(detail, textWidth - used).padEnd(textWidth - used);
    const times = took === "" ? paint(timeline.trimEnd()) : paint(timeline) + took.padStart(tookWidth);
    return `${colors.dim(branch)}${paint(name)} ${colors.dim(shown)}  ${times}`;
  }
}

/** The program's own question stands at the top; below it is what each call made of it. */
function callRow({ start, end }: Call, isTop: boolean, timeline: Timeline, colors: Colors): Row {
  const { moduleName, methodName, data } = start;
  const failed = end?.eventType === "error";
  const took = end?.data.duration_ms;
  return {
    name: `${failed ? "✗ " : ""}${moduleName}.${methodName}`,
    paint: failed ? colors.red : colors.bold,
    detail: failed
      ? `${end.data.error_type}: ${end.data.error_message}`
      : isTop
        ? brief(data.inputs)
        : `→ ${brief(end?.data.outputs)}`,
    timeline: timeline.bar(start, end),
    took: typeof took === "number" ? `${took.toFixed(1)} ms` : "not ended",
  };
}

function tokenRow(tokens: readonly StreamllEvent[], timeline: Timeline, colors: Colors): Row {
  const count = tokens.reduce((sum, { data }) => sum + Number(data.token_count), 0);
  return {
    name: `${count} tokens`,
    paint: colors.green,
    detail: brief(tokens.map(({ data }) => data.token).join("")),
    timeline: timeline.marks(tokens),
  };
}

/** An event of the program's own. */
function eventRow(event: StreamllEvent, timeline: Timeline, colors: Colors): Row {
  return {
    name: event.eventType,
    paint: colors.yellow,
    detail: brief(event.data),
    timeline: timeline.marks([event]),
  };
}

/** A list of one thing, as arguments often are, is shown as the thing. */
function brief(value: unknown): string {
  const shown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return shown === undefined ? "" : JSON.stringify(shown);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
