import type { StreamllEvent } from "@streamll/core";

const starts: ReadonlySet<string> = new Set(["start", "llm_start"]);
const ends: ReadonlySet<string> = new Set(["end", "llm_end", "error"]);

/** The faults of the events themselves: calls without an end or with several, orphans, duplicate ids. */
export function faultsOf(events: readonly StreamllEvent[]): string[] {
  const faults: string[] = [];
  const calls = new Map<string, StreamllEvent>();
  const ended = new Map<string, number>();
  const ids = new Set<string>();
  for (const event of events) {
    const { eventId, parentId = "", eventType, operation } = event;
    if (ids.has(eventId)) faults.push(`${eventType} ${operation}: its id is a duplicate`);
    ids.add(eventId);
    if (starts.has(eventType)) {
      const parent = calls.get(parentId);
      if (parentId !== "" && parent === undefined) faults.push(`${operation}: its parent is missing`);
      if (parent !== undefined && parent.executionId !== event.executionId)
        faults.push(`${operation}: is of another run than its parent`);
      calls.set(eventId, event);
    } else if (!calls.has(parentId)) faults.push(`${eventType} ${operation}: belongs to no call`);
    if (ended.has(parentId) && !starts.has(eventType))
      faults.push(`${eventType} ${operation}: after its end`);
    if (ends.has(eventType)) ended.set(parentId, (ended.get(parentId) ?? 0) + 1);
  }
  for (const [id, { operation }] of calls) {
    const count = ended.get(id) ?? 0;
    if (count !== 1) faults.push(`${operation}: has ${count} ends`);
  }
  return faults;
}

/** Draws the calls as a tree, one per line: module, operation, how the call ended, and what is known of a model. */
export function treeOf(events: readonly StreamllEvent[]): string {
  const draw = (parentId: string | undefined, depth: number): string[] =>
    events
      .filter((event) => starts.has(event.eventType) && event.parentId === parentId)
      .flatMap((start) => [
        `${"  ".repeat(depth)}${lineOf(start, events)}`,
        ...draw(start.eventId, depth + 1),
      ]);
  return draw(undefined, 0).join("\n");
}

function lineOf(start: StreamllEvent, events: readonly StreamllEvent[]): string {
  const own = events.filter(({ parentId }) => parentId === start.eventId);
  const end = own.find(({ eventType }) => ends.has(eventType));
  const tokens = own.filter(({ eventType }) => eventType === "token").length;
  const data = (end?.data ?? {}) as Record<string, unknown>;
  const parts = [`${start.moduleName}.${start.operation}`];
  if (start.eventType === "llm_start") parts.push(`[${data.model ?? start.data.model}]`);
  if (start.data.tool_call_id !== undefined) parts.push(`#${start.data.tool_call_id}`);
  if (tokens > 0) parts.push(`${data.token_count} tokens`);
  if (end === undefined) parts.push("OPEN");
  else if (end.eventType === "error") parts.push(`✗ ${data.error_type}: ${data.error_message}`);
  else if (data.cancelled) parts.push("cancelled");
  if (data.outputs !== undefined) parts.push(`→ ${short(data.outputs)}`);
  for (const call of (data.tool_calls ?? []) as Record<string, unknown>[])
    parts.push(`calls ${call.name}#${call.tool_call_id}(${short(call.arguments)})`);
  const usage = data.usage as Record<string, number> | undefined;
  if (usage !== undefined) parts.push(`${usage.input_tokens}+${usage.output_tokens}`);
  if (data.finish_reason !== undefined) parts.push(`(${data.finish_reason})`);
  return parts.join(" ");
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
