import type { StreamllEvent } from "@streamll/core";

const starts: ReadonlySet<string> = new Set(["start", "llm_start"]);
const ends: ReadonlySet<string> = new Set(["end", "llm_end", "error"]);

/** One call of an instrumented function, put together from its events. */
export interface Call {
  readonly start: StreamllEvent;
  /** Its `end` or `error`. */
  end?: StreamllEvent;
  readonly tokens: StreamllEvent[];
  /** In the order in which they began. */
  readonly inside: Node[];
}

/** A call, or an event of the program's own. */
export type Node = Call | StreamllEvent;

/** Puts events back together: a `start` opens a call, and what happens in the call names it as its parent. */
export function callsOf(events: readonly StreamllEvent[]): Node[] {
  const calls = new Map<string, Call>();
  const roots: Node[] = [];
  for (const event of events) {
    const parent = calls.get(event.parentId ?? "");
    if (parent && event.eventType === "token") parent.tokens.push(event);
    else if (parent && ends.has(event.eventType)) parent.end = event;
    else {
      const node = starts.has(event.eventType) ? { start: event, tokens: [], inside: [] } : event;
      if ("start" in node) calls.set(event.eventId, node);
      (parent?.inside ?? roots).push(node);
    }
  }
  return roots;
}
