import { types } from "node:util";
import type { MessageHeaders, StreamllEvent } from "@streamll/core";
import { answerOf, type Complain, faultOf } from "./logging.js";
import type { UserHeaders } from "./options/message-options.js";
import { type HeaderFunction, reservedHeaders } from "./options/special-kinds.js";
import { addTraceContext } from "./trace-context.js";
import { version } from "./version.js";

type Headers = { [name: string]: MessageHeaders[string] };

/** The headers of a message that has one event: those of the Python package, `execution_id`, those of an active trace. */
export function eventHeaders(event: StreamllEvent): Headers {
  const headers: Headers = {
    streamll_version: version,
    event_type: event.eventType,
    operation: event.operation,
    module_name: event.moduleName,
    execution_id: event.executionId,
  };
  addTraceContext(headers);
  return headers;
}

/** The headers of a message that has several. */
export const batchHeaders: Readonly<Headers> = { streamll_version: version };

/** The headers of each message: `base`, or what it gives, and the user's own, which win. */
export function headersMaker(
  own: UserHeaders | HeaderFunction | undefined,
  base: Readonly<Headers> | ((event: StreamllEvent) => Headers),
  complain: Complain,
): (event: StreamllEvent) => MessageHeaders {
  if (typeof base !== "function") {
    if (typeof own === "function") return headersMaker(own, () => ({ ...base }), complain);
    const headers = { ...base };
    fromRecord(own ?? {}, complain)?.(headers);
    return () => headers;
  }
  const addOwn = typeof own === "function" ? fromFunction(own, complain) : fromRecord(own ?? {}, complain);
  // Consecutive events mostly have equal headers, and then share one object: in a full buffer that is half of what an
  // event costs beside its body, and a transport can encode it once.
  let last: Headers | undefined;
  return (event) => {
    const headers = base(event);
    addOwn?.(headers, event);
    if (last === undefined || !isSame(headers, last)) last = headers;
    return last;
  };
}

function isSame(headers: Headers, last: Headers): boolean {
  let left = 0;
  for (const name in last) {
    if (headers[name] !== last[name]) return false;
    left++;
  }
  for (const _ in headers) left--;
  return left === 0;
}

function fromRecord(own: UserHeaders, complain: Complain): ((headers: Headers) => void) | undefined {
  const plain: Headers = {};
  addTo(plain, own, complain);
  const entries = Object.entries(plain);
  if (entries.length === 0) return undefined;
  return (headers) => {
    for (const [name, value] of entries) headers[name] = value;
  };
}

function fromFunction(own: HeaderFunction, complain: Complain) {
  return (headers: Headers, event: StreamllEvent) => {
    try {
      const given = answerOf(() => own(event));
      if (given !== undefined) addTo(headers, given, complain);
    } catch (error) {
      complain(
        "callback_failed",
        "headers",
        `headers ${faultOf(error)}; the event is sent without them (reported once)`,
      );
    }
  };
}

/** AMQP's names have at most 255 bytes. Of values, plain ones stay and all others become text. */
function addTo(headers: Headers, given: UserHeaders, complain: Complain): void {
  for (const name of Object.keys(given)) {
    const value = plainValue(given[name]);
    if (value === undefined) continue;
    if (canName(name)) headers[name] = value;
    else {
      complain(
        "header_left_out",
        "headers",
        "a header was left out: its name is empty, __proto__, CC, BCC, streamll_batch or longer than 255 bytes (reported once)",
      );
    }
  }
}

const canName = (name: string): boolean =>
  name !== "" &&
  name !== "__proto__" &&
  !reservedHeaders.has(name) &&
  (name.length <= 85 || Buffer.byteLength(name) <= 255);

function plainValue(value: unknown): MessageHeaders[string] | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "object":
      if (value === null) return null;
      if (types.isDate(value)) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
      return JSON.stringify(value);
    default:
      return undefined;
  }
}
