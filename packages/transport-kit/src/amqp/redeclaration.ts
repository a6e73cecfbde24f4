import type { Topology } from "@streamll/core";

/** Between two declarations of what messages came back for, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** What {@link redeclarer} does with a connection. */
export interface RedeclarationSteps {
  readonly topology: Topology;
  /** Declares all of the topology anew. */
  declare(): Promise<void>;
  /** Takes no messages until it is done. */
  pause(until: Promise<void>): void;
  /** Whether the connection answers requests now: it is open, and the broker does not block it. */
  isAnswering(): boolean;
  /** Called when the topology could not be declared though the connection answers. */
  failed(error: unknown): void;
}

/**
 * For one connection: somebody took away the queue that the sink has bound. Called with the exchange of a message that
 * no queue took; what the sink declared is declared again. Where messages come back for another reason, that is tried
 * ever more rarely: after 1 s, and at most once a minute.
 */
export function redeclarer({ topology, declare, pause, isAnswering, failed }: RedeclarationSteps) {
  let interval = FIRST_PAUSE;
  let from = 0;
  let declaring = false;
  const isBound = (exchange: string) =>
    topology.mode === "declare" && topology.bindings.some((binding) => binding.exchange === exchange);
  const done = () => {
    declaring = false;
    from = performance.now() + interval;
    interval = Math.min(interval * 2, LONGEST_PAUSE);
  };
  return (exchange: string): void => {
    if (declaring || !isAnswering() || performance.now() < from || !isBound(exchange)) return;
    declaring = true;
    const declared = declare().then(done, (error) => {
      // A broker that blocks the connection meanwhile answers later.
      if (isAnswering()) failed(error);
      else done();
    });
    pause(declared);
  };
}
