import type { AnyEvent } from "@streamll/core";
import type { RabbitMQSink, RabbitMQSinkOptions } from "@streamll/sink";

/** What a host program does that is no plain data: its callbacks, and odd events. Runs in the program. */
export interface Behaviour {
  /** Functions among the sink's options. `sink()` is there once the sink is made. */
  options?(sink: () => RabbitMQSink): RabbitMQSinkOptions;
  /** The event to hand over in the place of an ordinary one. */
  event?(ordinary: AnyEvent, index: number): AnyEvent;
  /** Called when the sink is made. `stop` is the program's own way to end. */
  made?(sink: RabbitMQSink, stop: () => Promise<unknown>): void;
}

/** By the name that a row of the matrix gives. */
export const behaviours = {} satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

export const behaviourNamed = (name: string | undefined): Behaviour =>
  name === undefined ? {} : ((behaviours as Record<string, Behaviour>)[name] ?? {});
