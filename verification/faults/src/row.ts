import type { DeliveryErrorCode } from "@streamll/core";
import type { RabbitMQSinkOptions, SinkEvents } from "@streamll/sink";
import type { BehaviourName } from "./behaviours.js";
import type { Bench } from "./bench.js";
import type { Load } from "./messages.js";
import type { Run } from "./run.js";

/** Times are those of a quiet machine. Others get so many times as much. */
export const NOISE = 3;

/** What has to come out of a fault. What is not named here is expected as the comments say. */
export interface Expectation {
  /** Accepted, not told to have failed, and in no queue. Default 0. */
  readonly lost?: number;
  /** `"in flight"`: at most what the connections that were lost had in flight. */
  readonly duplicated: "none" | "in flight";
  /** How many failed, or were dropped, by code. `"some"` is one at least. Of every other code: none. */
  readonly failed?: Partial<Readonly<Record<DeliveryErrorCode, number | "some">>>;
  /** Not taken by `handleEvent` though there was room. Default 0. */
  readonly refused?: number;
  /** Within each execution. Default `"kept"`. */
  readonly order?: "kept" | "n/a";
  /** From the end of the fault until health says up and an event is confirmed. Default: it does not recover. */
  readonly recoveredWithinMs?: number;
  /** From the beginning of the fault until health or an event says so. */
  readonly noticedWithinMs?: number;
  /** Each fits something that `health()` said from the beginning of the fault on. */
  readonly health?: readonly RegExp[];
  /** Each was told from the beginning of the fault on. */
  readonly events?: readonly (keyof SinkEvents)[];
  /** Each fits a line of the log. */
  readonly log?: readonly RegExp[];
  /** How the process ends. Default: by itself, with code 0. */
  readonly exit?: { readonly code: number } | { readonly signal: NodeJS.Signals };
  /** Whatever else has to hold: what is wrong, in words. */
  readonly also?: (run: Run) => readonly string[];
}

/** `"service-bus"` is AMQP 1.0 too, to a server that behaves as Azure Service Bus. */
export type Protocol = "amqp" | "streams" | "amqp10" | "service-bus";

/** A fault, and what has to come out of it. */
export interface Row {
  readonly number: number;
  readonly title: string;
  /** Default: one broker, of each generation that speaks it. */
  readonly on?: "cluster";
  /** Default: AMQP 0-9-1. */
  readonly over?: Protocol;
  /** A part of `npm run test:slow`. */
  readonly fast?: true;
  /** Over those of `defaults.ts`. */
  readonly options?: RabbitMQSinkOptions;
  readonly behaviour?: BehaviourName;
  readonly load?: Load;
  /** Starts the program and brings the fault about. Absent: not built yet. */
  readonly inflict?: (bench: Bench) => Promise<void>;
  readonly expect: Expectation;
}

export type BuiltRow = Row & Required<Pick<Row, "inflict">>;

export const isBuilt = (row: Row): row is BuiltRow => row.inflict !== undefined;
