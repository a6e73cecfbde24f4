import type { EventConsumerOptions } from "@streamll/consumer";
import type { BehaviourName } from "./behaviours.js";
import type { ConsumingBench } from "./bench.js";

/** A fault that a consumer meets, and what has to come out of it. What is left out has the default in its comment. */
export interface ConsumingFault {
  readonly number: number;
  readonly title: string;
  /** Part of `npm run test:slow`. */
  readonly fast?: true;
  /** Not on brokers of an earlier major version. */
  readonly since?: number;
  /** Needs a cluster of three nodes. */
  readonly on?: "cluster";
  readonly options?: EventConsumerOptions;
  /** Default `ordinary`. */
  readonly behaviour?: BehaviourName;
  /** From the beginning of the consumer to the last event. */
  inflict(bench: ConsumingBench): Promise<void>;
  /** Each is among what the consumer said. */
  readonly words?: readonly RegExp[];
  /** In the queue of dead letters at the end. Default 0. */
  readonly dead?: number;
  /** Events that are handled by nobody, since they are dead letters. Default 0. */
  readonly unhandled?: number;
  /** Events may be overtaken here. */
  readonly mayOvertake?: true;
}

export const lostAndBack: readonly RegExp[] = [/^disconnected/, /^connected/];
