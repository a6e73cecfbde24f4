import type { Call } from "./call.js";
import type { Execution } from "./execution.js";
import { short } from "./short.js";
import type { Store } from "./store.js";

/** A page shows no more; a filter finds the others. */
const MOST_ROWS = 2000;
/** In one message, so that no message holds the others up. */
const MOST_CALLS = 5000;
/** What a list shows of the text of tokens. */
const MOST_TEXT = 4000;

export type Show = "all" | "errors" | "open";

/** The rows of the executions that changed after a version, the newest first. */
export function rowsSince(store: Store, version: number, filter: string, show: Show) {
  const wanted = filter.toLowerCase();
  const isFirst = version === 0;
  const rows = [];
  for (const execution of store.executions.values()) {
    if (execution.version <= version) continue;
    // Later the page itself sees which still fit what it shows.
    if (isFirst && show === "errors" && execution.errors === 0) continue;
    if (isFirst && show === "open" && execution.open === 0) continue;
    const row = rowOf(execution);
    if (wanted === "" || `${row.id} ${row.name}`.toLowerCase().includes(wanted)) rows.push(row);
  }
  return rows.sort((a, b) => b.at - a.at).slice(0, MOST_ROWS);
}

function rowOf({ id, root, at, last, calls, tokens, errors, open, cut }: Execution) {
  return {
    id,
    name: short(root?.name ?? "no call seen"),
    at: Number.isFinite(at) ? at : last,
    took: root?.end === undefined ? last - at : root.end - root.at,
    calls: calls.size,
    tokens,
    errors,
    open,
    cut,
  };
}

/** The calls of an execution that changed after a version, in the order of those changes; a part of many. */
export function callsSince({ calls }: Execution, version: number) {
  const changed = [...calls.values()].filter((call) => call.version > version);
  changed.sort((a, b) => a.version - b.version);
  const part = changed.slice(0, MOST_CALLS);
  return { calls: part.map(shownCall), version: part.at(-1)?.version ?? version };
}

function shownCall({ id, parent, name, kind, at, end, failed, tokens }: Call) {
  return { id, parent, name: short(name), kind, at, end, failed, tokens };
}

/**
 * All that is known of one call, as JSON. Its events are put there as they came: they may be nested deeper than
 * `JSON.stringify` goes.
 */
export function detailsOf(call: Call): string {
  const known = JSON.stringify({ ...shownCall(call), text: call.text.slice(-MOST_TEXT) });
  return `${known.slice(0, -1)},"events":[${call.events.join(",")}]}`;
}
