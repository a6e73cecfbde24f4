import type { StreamllEvent } from "@streamll/core";

/** Of a call, at most so many characters of its tokens are kept: the newest. */
const MOST_TEXT = 20_000;

/** One call of a program, put together from its events; or an event of the program's own. */
export interface Call {
  /** The id of its `start`. */
  readonly id: string;
  readonly parent: string | undefined;
  readonly name: string;
  readonly kind: "call" | "model" | "event";
  /** Epoch milliseconds, by the program's clock. */
  at: number;
  end: number | undefined;
  failed: boolean;
  tokens: number;
  text: string;
  /** Its events as JSON, tokens aside. */
  readonly events: string[];
  /** Grows with each change in the store. */
  version: number;
}

const starts: ReadonlySet<string> = new Set(["start", "llm_start"]);
const ends: ReadonlySet<string> = new Set(["end", "llm_end", "error"]);

/** What an event tells of a call: that it begins, ends, or gives a token; or it stands for itself. */
export function partOf({ eventType, parentId }: StreamllEvent): "start" | "end" | "token" | "event" {
  if (starts.has(eventType)) return "start";
  if (ends.has(eventType)) return "end";
  return eventType === "token" && parentId !== undefined ? "token" : "event";
}

export function nameOf({ moduleName, methodName, operation }: StreamllEvent): string {
  const name = `${moduleName}.${methodName}`;
  return operation === null || operation === methodName ? name : `${name} / ${operation}`;
}

/** A call of which this is the first event that was seen: its start; or what came after, where that was missed. */
export function callOf(event: StreamllEvent, id: string, at: number): Call {
  const part = partOf(event);
  const isModel = event.eventType.startsWith("llm_") || part === "token";
  return {
    id,
    parent: part === "start" || part === "event" ? event.parentId : undefined,
    name: part === "event" ? event.eventType : nameOf(event),
    kind: part === "event" ? "event" : isModel ? "model" : "call",
    at: part === "end" ? at - durationOf(event) : at,
    end: part === "event" ? at : undefined,
    failed: false,
    tokens: 0,
    text: "",
    events: [],
    version: 0,
  };
}

const durationOf = ({ data: { duration_ms: ms } }: StreamllEvent): number =>
  typeof ms === "number" && Number.isFinite(ms) && ms >= 0 ? ms : 0;

/** How long the call took, in milliseconds: what its end says, else the difference of the clocks. */
export const tookOf = (call: Call, end: StreamllEvent, at: number): number =>
  durationOf(end) || Math.max(0, at - call.at);

export function addToken(call: Call, { data: { token, token_count: count } }: StreamllEvent): void {
  call.tokens += typeof count === "number" && count >= 0 ? count : 1;
  if (typeof token === "string") call.text = (call.text + token).slice(-MOST_TEXT);
}
