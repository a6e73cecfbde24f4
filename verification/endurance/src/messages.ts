import type { DeliveryStats, FlushReport, Health } from "@streamll/core";
import type { RabbitMQSinkOptions, SinkEvents } from "@streamll/sink";

/** A sink of the program, and its part of the load. */
export interface SinkSetup {
  /** Also of its exchange, queue and user. */
  readonly name: string;
  readonly options: RabbitMQSinkOptions;
  /** Of the whole rate, 0 to 1. */
  readonly share: number;
}

/** The first message to the program. */
export interface LongSetup {
  readonly sinks: readonly SinkSetup[];
  /** Of each sink; default: until it is told to stop. */
  readonly events?: number;
}

export type LongCommand =
  | { readonly do: "start" | "load" | "stop" }
  /** Events a second, of all sinks together. */
  | { readonly do: "rate"; readonly perSecond: number };

export interface SinkSample {
  readonly accepted: number;
  readonly stats: DeliveryStats;
  readonly status: Health["status"];
  readonly code: string;
}

/** In milliseconds, by `monitorEventLoopDelay`. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LongSample {
  readonly kind: "sample";
  readonly sinks: readonly SinkSample[];
  readonly rssBytes: number;
  /** The highest so far. */
  readonly rssMaxBytes: number;
  readonly loop: LoopDelay;
}

export interface SinkVerdict {
  readonly report: FlushReport;
  readonly stats: DeliveryStats;
  readonly accepted: number;
}

/** What the program tells. `sink` is its place in the list. */
export type LongSaid =
  | { readonly kind: "made" | "loaded" }
  | {
      readonly kind: "event";
      readonly sink: number;
      readonly name: keyof SinkEvents;
      readonly text: string;
      readonly hadError: boolean;
    }
  | { readonly kind: "log"; readonly sink: number; readonly text: string }
  | { readonly kind: "unsent"; readonly sink: number; readonly code: string; readonly ids: readonly number[] }
  | { readonly kind: "uncaught" | "warning"; readonly text: string }
  | LongSample
  | { readonly kind: "stopped"; readonly sinks: readonly SinkVerdict[] };

/** Of the event with this number. */
export const executionOf = (sink: string, index: number): string => `${sink}-${index % EXECUTIONS}`;

const EXECUTIONS = 50;
