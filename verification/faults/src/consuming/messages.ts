import type { EventConsumerOptions } from "@streamll/consumer";
import type { ConsumingHealth, ConsumingReport } from "@streamll/core";
import type { BehaviourName } from "./behaviours.js";

/** The first message to a program. Options are plain data; handlers come from its behaviour. */
export interface ConsumerSetup {
  readonly options: EventConsumerOptions;
  readonly behaviour: BehaviourName;
  /** Each event that was handled is a line in it: its number. It outlives the process. */
  readonly file: string;
  /** At which each node of a stream is reached, on 127.0.0.1; `undefined`: at its own. */
  readonly proxyPort: number | undefined;
}

export type ConsumerCommand = { readonly do: "stop" };

export type ConsumerSaid =
  | { readonly kind: "started" }
  | { readonly kind: "event"; readonly name: string; readonly code: string }
  | { readonly kind: "uncaught" | "warning"; readonly text: string }
  | { readonly kind: "sample"; readonly health: ConsumingHealth; readonly received: number }
  | { readonly kind: "stopped"; readonly report: ConsumingReport; readonly drainMs: number };

/** Unsettled messages of a consumer at a time. */
export const PREFETCH = 200;

export const EXECUTIONS = 20;

export const executionOf = (index: number): string => `run-${index % EXECUTIONS}`;
