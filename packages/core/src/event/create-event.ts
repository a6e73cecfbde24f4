import { types } from "node:util";
import { InvalidEventError } from "../errors.js";
import { isPlainObject } from "../realm.js";
import type { EventContext, EventInput, StreamllEvent } from "./event.js";
import { randomId } from "./id.js";
import { timestampNow, timestampOf } from "./timestamp.js";

/**
 * Makes an event, with its defaults filled in.
 *
 * @param context Used if `input` has no `executionId` or `parentId` of its own.
 * @throws InvalidEventError for a field of a wrong shape.
 * @example
 * createEvent({ eventType: "start", operation: "answer", data: { question: "why?" } });
 */
export function createEvent(input: EventInput, context?: EventContext): StreamllEvent {
  return toEvent(input, context);
}

/**
 * Reads an event in either form, camelCase or with its wire names. Only `event_type` must be there; for `null` as
 * for what is missing the default is taken. Fields that no event has are ignored, as the Python package does.
 *
 * @throws InvalidEventError that names the wire field, what was found there and what to write. It never holds
 *   the value.
 * @example
 * parseEvent(JSON.parse('{"event_type": "end", "module_name": "RAG"}')).moduleName; // "RAG"
 */
export function parseEvent(value: unknown): StreamllEvent {
  return toEvent(value);
}

/** Converts anything that a sink accepts to an event, as both functions above do, in about 100 ns. */
export function toEvent(given: unknown, context?: EventContext): StreamllEvent {
  try {
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      throw new InvalidEventError(
        "",
        `an event is an object such as { eventType: "start" }, not ${kindOf(given)}`,
      );
    }
    return read(given as Given, context);
  } catch (error) {
    // A hostile getter may throw a proxy, for which even `instanceof` may throw.
    if (types.isNativeError(error) && error instanceof InvalidEventError) throw error;
    throw new InvalidEventError("", "an event of which a getter threw", { cause: error });
  }
}

type Given = Readonly<Record<string, unknown>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function read(given: Given, context: EventContext | undefined): StreamllEvent {
  const eventType = text("event_type", given.eventType ?? given.event_type);
  if (!eventType) {
    const found = eventType === undefined ? "is missing" : "is empty";
    throw new InvalidEventError("event_type", `${found}; write a string such as "start"`);
  }
  const event: Mutable<StreamllEvent> = {
    eventId: text("event_id", given.eventId ?? given.event_id) || randomId(),
    executionId:
      text("execution_id", given.executionId ?? given.execution_id) || context?.executionId || randomId(),
    timestamp: timestamp(given.timestamp),
    moduleName: text("module_name", given.moduleName ?? given.module_name) ?? "unknown",
    methodName: text("method_name", given.methodName ?? given.method_name) ?? "forward",
    eventType,
    operation: text("operation", given.operation) ?? null,
    data: data(given.data),
    tags: tags(given.tags),
  };
  const parentId = text("parent_id", given.parentId ?? given.parent_id) || context?.parentId;
  if (parentId) event.parentId = parentId;
  return event;
}

function text(field: string, value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return undefined;
  throw new InvalidEventError(field, `is ${kindOf(value)}; write a string`);
}

function timestamp(value: unknown): string {
  if (value === undefined || value === null) return timestampNow();
  const valid = timestampOf(value);
  if (valid !== undefined) return valid;
  const allowed = 'RFC 3339 with an offset such as "2025-08-21T10:00:00.123Z", epoch milliseconds or a Date';
  throw new InvalidEventError("timestamp", `is ${kindOf(value)} that is no time; write ${allowed}`);
}

function data(value: unknown): StreamllEvent["data"] {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as StreamllEvent["data"];
  throw new InvalidEventError("data", `is ${kindOf(value)}; write an object such as { text: "…" }`);
}

function tags(value: unknown): StreamllEvent["tags"] {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Symbol.iterator in value) {
    throw new InvalidEventError("tags", `is ${kindOf(value)}; write an object of strings`);
  }
  const given = value as Given;
  for (const name in given) {
    if (typeof given[name] === "string" || given[name] === undefined) continue;
    throw new InvalidEventError(`tags.${name.slice(0, 80)}`, `is ${kindOf(given[name])}; write a string`);
  }
  const isPlain = isPlainObject(given);
  // The `toJSON` of a Date or a class would change what is sent.
  return (isPlain ? given : Object.fromEntries(Object.entries(given))) as StreamllEvent["tags"];
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
