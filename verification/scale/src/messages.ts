import type { BrokerSinkOptions } from "@streamll/sink";

/** The first message to a process with many sinks. */
export interface FleetSetup {
  /** Its place among the processes. */
  readonly place: number;
  readonly sinks: number;
  /** Events a second, of all its sinks together. */
  readonly perSecond: number;
  readonly options: BrokerSinkOptions;
  /** `false`: every pause before a reconnect is as long as it may be. */
  readonly jitter: boolean;
}

export type FleetCommand = { readonly do: "load" | "enough" | "stop" };

/** What a process tells of its sinks. Times are milliseconds since 1970. */
export type FleetSaid =
  | { readonly kind: "connected" | "disconnected"; readonly sink: number; readonly at: number }
  | {
      readonly kind: "sample";
      readonly pending: number;
      readonly connected: number;
      /** Why the others are not: how many sinks, by the state of their circuit and their last error. */
      readonly reasons: Readonly<Record<string, number>>;
    }
  /** How many events each sink took, and how many of all it reported as not delivered. */
  | { readonly kind: "stopped"; readonly accepted: readonly number[]; readonly undelivered: number };

/** The id of an event, by which the reader knows it. */
export const idOf = (place: number, sink: number, index: number): string => `${place}-${sink}-${index}`;
