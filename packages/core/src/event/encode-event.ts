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
 *   all that hangs on it does not stop the program. The result is then longer than `limit`. Ordinary data of up to
 *   `limit` values is whole.
 */
export function encodeEvent(event: StreamllEvent, limit = 16 * 1024 * 1024): string {
  const wire = toWire(event);
  return ordinaryJson(wire, limit) ?? safeJson(wire, limit);
}

/** One `JSON.stringify` is as fast as putting the text together by hand; looking for odd values adds 75 ns. */
function ordinaryJson(wire: WireEvent, limit: number): string | undefined {
  try {
    if (roomAfter(wire, maxDepth, limit) < 0) return undefined;
    const json = JSON.stringify(wire);
    // A lone surrogate is written as an escape, which other languages' parsers refuse or keep.
    return json.includes("\\ud") ? undefined : json;
  } catch {
    return undefined;
  }
}

/**
 * What is left of `room` after the values in this object. Negative where there are more, as where one object hangs
 * in many places, or where `JSON.stringify` does not do right by one: what is no plain object, list or primitive,
 * a bigint, a function.
 */
function roomAfter(value: object, depth: number, room: number): number {
  if (depth === 0) return -1;
  let left = room;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i++) left = roomAfterValue(value[i], depth, left);
    return left;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return -1;
  for (const key in value) {
    left = roomAfterValue(value[key as keyof typeof value], depth, left);
    if (left < 0) break;
  }
  return left;
}

function roomAfterValue(value: unknown, depth: number, room: number): number {
  if (typeof value === "object") return value === null ? room - 1 : roomAfter(value, depth - 1, room - 1);
  return typeof value === "bigint" || typeof value === "function" ? -1 : room - 1;
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
