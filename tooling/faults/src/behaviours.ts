import { type AnyEvent, stopOnSignals } from "@streamll/core";
import type { RabbitMQSink, RabbitMQSinkOptions } from "@streamll/sink";
import { tokenFrom } from "./token.js";

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

/** What the host program itself holds. */
const ballast: unknown[] = [];

/** By the name that a row of the matrix gives. */
export const behaviours = {
  bringsTokens: {
    options: () => ({ credentials: () => tokenFrom(process.env.FAULTS_TOKEN_KEY!) }),
  },
  handsOverFromCallbacks: {
    options(host) {
      const handOver = (callback: string) => {
        if (!host.offer()) host.note(`not taken from ${callback}`);
      };
      return { metricsCallback: () => handOver("metricsCallback"), onFailure: () => handOver("onFailure") };
    },
    event: (ordinary, index) =>
      index % 100 === 99 ? { ...ordinary, data: { text: "x".repeat(20_000) } } : ordinary,
  },
  heapNearlyFull: {
    made() {
      // Of the 128 MB that the row gives, some 40 are left.
      ballast.push(...Array.from({ length: 64 * 1024 }, () => new Array(128).fill(0)));
    },
  },
  stopsOnSignals: {
    made: ({ stop }) => void stopOnSignals({ stop }),
  },
} satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

export const behaviourNamed = (name: string | undefined): Behaviour =>
  name === undefined ? {} : ((behaviours as Record<string, Behaviour>)[name] ?? {});
