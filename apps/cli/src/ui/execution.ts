import type { StreamllEvent } from "@streamll/core";
import { epochMsOf } from "@streamll/core/internal";
import { addToken, type Call, callOf, nameOf, partOf, tookOf } from "./call.js";

/** What an event changed. */
export interface Change {
  readonly call: Call;
  /** Of a call that ended now, in milliseconds. */
  readonly took?: number;
}

/** One run of a program, as far as its events have come. */
export class Execution {
  readonly id: string;
  readonly calls = new Map<string, Call>();
  /** Of its events in memory. */
  events = 0;
  bytes = 0;
  /** Events that found no more room. */
  cut = 0;
  errors = 0;
  tokens = 0;
  open = 0;
  at = Number.POSITIVE_INFINITY;
  last = 0;
  version = 0;
  #nameless = 0;
  /** By name, those that have not ended, the latest last: for events that name no parent. */
  readonly #open = new Map<string, Call[]>();

  constructor(id: string) {
    this.id = id;
  }

  /** The outermost call that was seen first. */
  get root(): Call | undefined {
    let first: Call | undefined;
    for (const call of this.calls.values()) {
      if (call.parent === undefined && call.kind !== "event") return call;
      first ??= call;
    }
    return first;
  }

  /** @param json as the event came. */
  add(event: StreamllEvent, json: string): Change {
    const at = epochMsOf(event.timestamp) ?? Date.now();
    const part = partOf(event);
    const call = this.#callFor(event, part, at);
    this.at = Math.min(this.at, call.at);
    this.last = Math.max(this.last, at);
    if (part === "token") {
      const before = call.tokens;
      addToken(call, event);
      this.tokens += call.tokens - before;
      return { call };
    }
    call.events.push(json);
    if (event.eventType === "error") this.errors++;
    if (part !== "end" || call.end !== undefined) return { call };
    this.open--;
    call.end = at;
    call.failed = event.eventType === "error";
    return { call, took: tookOf(call, event, at) };
  }

  #callFor(event: StreamllEvent, part: ReturnType<typeof partOf>, at: number): Call {
    const known = part === "start" || part === "event" ? undefined : this.#openCall(event);
    if (known !== undefined) return known;
    const own = part === "start" || part === "event" ? event.eventId : event.parentId;
    // What came twice, or names no call, stands beside.
    const id = own === undefined || this.calls.has(own) ? `${event.eventId}+${this.#nameless++}` : own;
    const call = callOf(event, id, at);
    this.calls.set(id, call);
    if (call.end !== undefined) return call;
    this.open++;
    const others = this.#open.get(call.name);
    if (others === undefined) this.#open.set(call.name, [call]);
    else others.push(call);
    return call;
  }

  /** The call that the event names; without a name, the latest of its operation that is open. */
  #openCall(event: StreamllEvent): Call | undefined {
    if (event.parentId !== undefined) return this.calls.get(event.parentId);
    const open = this.#open.get(nameOf(event)) ?? [];
    while (open.length > 0 && open.at(-1)?.end !== undefined) open.pop();
    return open.at(-1);
  }
}
