import type { StreamllEvent } from "../event/event.js";

/** Reads the value of a placeholder from an event. */
export type Placeholder = (event: StreamllEvent) => unknown;

const fields: ReadonlyMap<string, Placeholder> = new Map<string, Placeholder>([
  ["event_id", ({ eventId }) => eventId],
  ["execution_id", ({ executionId }) => executionId],
  ["module_name", ({ moduleName }) => moduleName],
  ["method_name", ({ methodName }) => methodName],
  ["event_type", ({ eventType }) => eventType],
  ["operation", ({ operation }) => operation],
]);

export const knownPlaceholders = `${[...fields.keys()].join(", ")}, tags.NAME and data.PATH`;

/** The placeholder of a name such as `event_type`, `tags.team` or `data.user.plan`. */
export function placeholderOf(name: string): Placeholder | undefined {
  if (name.startsWith("tags.") && name.length > 5) {
    const tag = name.slice(5);
    return ({ tags }) => own(tags, tag);
  }
  const [root, ...path] = name.split(".");
  if (root === "data" && path.length > 0 && !path.includes("")) {
    return ({ data }) => path.reduce<unknown>(own, data);
  }
  return fields.get(name);
}

function own(holder: unknown, key: string): unknown {
  if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, key)) return undefined;
  return (holder as Record<string, unknown>)[key];
}
