import type { StreamllEvent } from "@streamll/core";
import { Execution } from "./execution.js";
import { Latencies } from "./latencies.js";

export interface Limits {
  /** Default 100,000. */
  readonly events: number;
  /** Of their JSON. */
  readonly bytes: number;
}

/** While nothing was heard from the broker. */
export interface Gap {
  readonly from: number;
  readonly to?: number;
  readonly reason: string;
}

const MOST_GAPS = 100;

/**
 * The newest executions, in memory alone. Where there is no room, the one that has been silent for the longest goes as
 * a whole; of one that fills the store by itself, what comes further is counted and not kept.
 */
export class Store {
  /** In the order in which they were last heard of. */
  readonly executions = new Map<string, Execution>();
  readonly latencies = new Latencies();
  readonly limits: Limits;
  #gaps: Gap[] = [];
  events = 0;
  bytes = 0;
  received = 0;
  forgotten = 0;
  version = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  add(event: StreamllEvent, json: string): void {
    this.received++;
    const { executionId: id } = event;
    const execution = this.executions.get(id) ?? new Execution(id);
    this.executions.delete(id);
    this.executions.set(id, execution);
    execution.version = ++this.version;
    // A character of JavaScript takes a byte or two.
    const bytes = json.length;
    if (!this.#makeRoom(execution, bytes)) {
      execution.cut++;
      return;
    }
    this.events++;
    this.bytes += bytes;
    execution.events++;
    execution.bytes += bytes;
    const { call, took } = execution.add(event, json);
    call.version = this.version;
    if (took !== undefined && call.kind !== "event") this.latencies.record(call.name, took, call.failed);
  }

  /** The connection is gone: what comes until it is back is not seen. */
  lost(reason: string): void {
    this.version++;
    this.#gaps = [...this.#gaps.slice(1 - MOST_GAPS), { from: Date.now(), reason }];
  }

  restored(): void {
    const last = this.#gaps.at(-1);
    if (last === undefined || last.to !== undefined) return;
    this.version++;
    this.#gaps = [...this.#gaps.slice(0, -1), { ...last, to: Date.now() }];
  }

  /** @returns whether an event of so many bytes fits. */
  #makeRoom(needy: Execution, bytes: number): boolean {
    while (this.events >= this.limits.events || this.bytes + bytes > this.limits.bytes) {
      const [oldest] = this.executions.values();
      if (oldest === undefined || oldest === needy) return false;
      this.executions.delete(oldest.id);
      this.events -= oldest.events;
      this.bytes -= oldest.bytes;
      this.forgotten++;
    }
    return true;
  }
}
