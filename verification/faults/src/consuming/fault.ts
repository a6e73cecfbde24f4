import type { ConsumingBench } from "./bench.js";
import type { ConsumingProtocol, Given } from "./seat.js";

/** A fault that those meet who read. What is left out has the default in its comment. */
export interface FaultOfReading {
  readonly number: number;
  readonly title: string;
  /** Default: AMQP 0-9-1 alone. */
  readonly over?: readonly ConsumingProtocol[];
  /** Over these protocols it is part of `npm run test:slow`. */
  readonly fast?: readonly ConsumingProtocol[];
  /** Not on brokers of an earlier major version. */
  readonly since?: number;
  /** Not on brokers from this version on. */
  readonly before?: number;
  /** Needs a cluster of three nodes. */
  readonly on?: "cluster";
}

/** A fault that a consumer meets, and what has to come out of it. */
export interface ConsumingFault extends FaultOfReading, Given {
  /** From the beginning of the consumer to the last event. */
  inflict(bench: ConsumingBench): Promise<void>;
  /** Each is among what the consumer said. */
  readonly words?: readonly RegExp[];
  /** In the queue of dead letters at the end. Default 0. */
  readonly dead?: number;
  /** Events that are handled by nobody, since they are dead letters. Default 0. */
  readonly unhandled?: number;
  /** Over these protocols events may be overtaken. */
  readonly mayOvertake?: readonly ConsumingProtocol[];
}

export const lostAndBack: readonly RegExp[] = [/^disconnected/, /^connected/];

/** What a connection or a process that is lost has held comes again when its locks are over. */
export const shortLocks = { lockMs: 3000 };
/** Until then others are handled: Service Bus keeps the order in sessions alone. */
export const heldForLocks = ["service-bus"] as const;
