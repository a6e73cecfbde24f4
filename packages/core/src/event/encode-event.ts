import { types } from "node:util";
import type { StreamllEvent, WireEvent } from "./event.js";
import { maxDepth, plainJson } from "./plain-json.js";
import { disownComputed, toJsonOf } from "./shapes.js";

/** Characters of an ordinary event. */
export const MOST_TEXT = 16 * 1024 * 1024;

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
 *   `limit` values and 16 Mi characters is whole.
 */
export function encodeEvent(event: StreamllEvent, limit = MOST_TEXT): string {
  return ordinaryJson(toWire(event), limit) ?? encodeOddEvent(event, limit);
}

/** The JSON of an event that has a value which JSON cannot hold, as {@link encodeEvent} returns it. */
export function encodeOddEvent(event: StreamllEvent, limit = MOST_TEXT): string {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(toWire(event))) {
    const json = plainJson(value, limit) ?? "{}";
    // `data` may be a Date or a Set, but on the wire it is an object.
    fields.push(`"${name}":${name === "data" && !json.startsWith("{") ? `{"value":${json}}` : json}`);
  }
  return `{${fields.join(",")}}`;
}

function ordinaryJson(wire: WireEvent, limit: number): string | undefined {
  try {
    if (!new Room(limit).holds(wire, maxDepth)) return undefined;
    const json = JSON.stringify(wire);
    // A lone surrogate is written as an escape, which other languages' parsers refuse or keep.
    return json.includes("\\ud") ? undefined : json;
  } catch {
    return undefined;
  }
}

/**
 * Whether `JSON.stringify` does right by all values in an object, and in bounded time: they are plain objects, lists
 * and primitives but bigints and functions, and not too many of them, as where one object hangs in many places.
 */
class Room {
  #values: number;
  #text = MOST_TEXT;

  constructor(values: number) {
    this.#values = values;
  }

  holds(value: object, depth: number): boolean {
    if (depth === 0 || toJsonOf(value) !== undefined) return false;
    if (Array.isArray(value)) {
      // biome-ignore lint/plugin: a list of another realm takes the safe path, and is encoded all the same
      if (Object.getPrototypeOf(value) !== Array.prototype) return false;
      for (let index = 0; index < value.length; index++) {
        if (!this.#holdsField(value, index, value[index], depth)) return false;
      }
      return true;
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    for (const key in value) {
      this.#text -= key.length;
      if (!this.#holdsField(value, key, value[key as keyof typeof value], depth)) return false;
    }
    return true;
  }

  #holdsField(holder: object, key: string | number, value: unknown, depth: number): boolean {
    const isFull = --this.#values < 0;
    if (typeof value === "string") {
      this.#text -= value.length;
      return !isFull && this.#text >= 0;
    }
    if (typeof value !== "object") return !isFull && typeof value !== "bigint" && typeof value !== "function";
    if (!isFull && (value === null || this.holds(value, depth - 1))) return true;
    if (types.isPromise(value)) disownComputed(holder, key, value);
    return false;
  }
}
