import type { StreamllEvent, WireEvent } from "./event.js";
import { maxDepth, plainJson } from "./plain-json.js";

/**
 * An event with its wire names, in wire order.
 *
 * @example
 * JSON.stringify(toWire(createEvent({ eventType: "start" }))); // {"event_id":"…","execution_id":"…",…}
 */
export function toWire(event: StreamllEvent): WireEvent {
  const { parentId } = event;
  const wire = {
    event_id: event.eventId,
    execution_id: event.executionId,
    timestamp: event.timestamp,
    module_name: event.moduleName,
    method_name: event.methodName,
    event_type: event.eventType,
    operation: event.operation,
    data: event.data,
    tags: event.tags,
  };
  return parentId === undefined ? wire : { ...wire, parent_id: parentId };
}

/**
 * The JSON of an event. Never throws: a value that JSON cannot hold takes a plain form (see {@link plainJson}).
 *
 * @param limit Characters after which the rest of such an event is left out, so that a captured socket, say, with
 *   all that hangs on it does not stop the program. The result is then longer than `limit`. Ordinary data is whole.
 */
export function encodeEvent(event: StreamllEvent, limit = 16 * 1024 * 1024): Buffer {
  const wire = toWire(event);
  return Buffer.from(ordinaryJson(wire) ?? safeJson(wire, limit));
}

/** One `JSON.stringify` is as fast as putting the text together by hand; looking for odd values adds 75 ns. */
function ordinaryJson(wire: WireEvent): string | undefined {
  try {
    if (!isOrdinary(wire, maxDepth)) return undefined;
    const json = JSON.stringify(wire);
    // A lone surrogate is written as an escape, which other languages' parsers refuse or keep.
    return json.includes("\\ud") ? undefined : json;
  } catch {
    return undefined;
  }
}

/** Whether `JSON.stringify` does right by it: plain objects, lists and primitives, no bigint and no function. */
function isOrdinary(value: object, depth: number): boolean {
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isOrdinaryValue(value[i], depth)) return false;
    }
    return true;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) {
    if (!isOrdinaryValue(value[key as keyof typeof value], depth)) return false;
  }
  return true;
}

function isOrdinaryValue(value: unknown, depth: number): boolean {
  if (typeof value === "object") return value === null || isOrdinary(value, depth - 1);
  return typeof value !== "bigint" && typeof value !== "function";
}

function safeJson(wire: WireEvent, limit: number): string {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(wire)) {
    const json = plainJson(value, limit) ?? "{}";
    // `data` may be a Date or a Set, but on the wire it is an object.
    fields.push(`"${name}":${name === "data" && !json.startsWith("{") ? `{"value":${json}}` : json}`);
  }
  return `{${fields.join(",")}}`;
}
