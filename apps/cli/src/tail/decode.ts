import { isUtf8 } from "node:buffer";
import { parseEvent, type StreamllEvent } from "@streamll/core";

/** An event, and the JSON in which it came. */
export interface Received {
  readonly event: StreamllEvent;
  readonly json: string;
}

/** The event in a message, or `undefined` where there is none. */
export function decode(body: Buffer): Received | undefined {
  if (!isUtf8(body)) return undefined;
  const json = body.toString("utf8").trim();
  try {
    return { event: parseEvent(JSON.parse(json)), json };
  } catch {
    return undefined;
  }
}
