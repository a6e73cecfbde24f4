import type { DeliveryStats, FlushReport, Health } from "@streamll/core";
import type { RabbitMQSinkOptions, SinkEvents } from "@streamll/sink";
import type { BehaviourName } from "./behaviours.js";

/** What the program hands over. */
export interface Load {
  /** Default: until it is told to stop. */
  readonly events?: number;
  /** Default 1,000; 0 is as fast as `ready()` lets it. */
  readonly perSecond?: number;
  /** Events go to so many executions in turn. Default 50. */
  readonly executions?: number;
  /** Bytes of text in each event. Default 200. */
  readonly textBytes?: number;
}

/** Small enough that a buffer of 100,000 outlasts every fault of the matrix. */
export const defaultLoad: Load = { perSecond: 1000 };

/** The first message to a program. Options are plain data here; functions come from its behaviour. */
export interface Setup {
  readonly options: RabbitMQSinkOptions;
  readonly load: Load;
  readonly behaviour: BehaviourName | undefined;
}

/** What a program is told to do. */
export type Command =
  | { readonly do: "start" | "load" | "enough" | "flush" | "stop" }
  /** Holds the event loop. */
  | { readonly do: "block"; readonly ms: number };

export type LogLevel = "debug" | "info" | "warn" | "error";

/** State of the sink at a moment. */
export interface Sample {
  readonly kind: "sample";
  /** Handed over and taken. */
  readonly accepted: number;
  readonly stats: DeliveryStats;
  readonly health: Health;
  readonly heapBytes: number;
  /** As the program's `Date.now()` tells it. */
  readonly wallClock: number;
}

/** The last words of a program. */
export interface Verdict {
  readonly kind: "stopped";
  readonly report: FlushReport;
  readonly stats: DeliveryStats;
  /** Ids of the events that were taken are 0 to here, but for those that were refused. */
  readonly offered: number;
  /** Ids of those that were taken beside the load. */
  readonly besides: readonly string[];
  /** Ids of those that `handleEvent` did not take although there was room. */
  readonly refused: readonly string[];
  /** Ids of those that `onFailure` told of, by code. */
  readonly failures: Readonly<Record<string, readonly string[]>>;
}

/** What a program tells. */
export type Said =
  | { readonly kind: "made" | "started" | "loaded" }
  | { readonly kind: "start-failed"; readonly text: string }
  | {
      readonly kind: "event";
      readonly name: keyof SinkEvents;
      readonly text: string;
      readonly hadError: boolean;
    }
  /** As in "warn connect_failed TRANSPORT_UNREACHABLE: …". */
  | { readonly kind: "log"; readonly text: string }
  | { readonly kind: "uncaught" | "warning"; readonly text: string }
  | { readonly kind: "flushed"; readonly report: FlushReport }
  | Sample
  | Verdict;
