import type { AnyEvent } from "@streamll/core";
import type { RabbitMQSink, RabbitMQSinkOptions } from "@streamll/sink";

/** What a host program does that is no plain data: its callbacks, and odd events. Runs in the program. */
export interface Behaviour {
  /** Functions among the sink's options. */
  options?(host: Host): RabbitMQSinkOptions;
  /** The event to hand over in the place of an ordinary one. */
  event?(ordinary: AnyEvent, index: number): AnyEvent;
  /** Called when the sink is made. */
  made?(host: Host): void;
}

/** The program, for what it does beside its load. */
export interface Host {
  /** There once it is made. */
  readonly sink: RabbitMQSink;
  /** Hands over one more event, and gives what `handleEvent` says. */
  offer(): boolean;
  /** The program's own way to end. */
  stop(): Promise<unknown>;
  /** For the time line, as a line of the log. */
  note(text: string): void;
}

/** By the name that a row of the matrix gives. */
export const behaviours = {} satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

export const behaviourNamed = (name: string | undefined): Behaviour =>
  name === undefined ? {} : ((behaviours as Record<string, Behaviour>)[name] ?? {});
