import type { TransportOptions } from "@streamll/core";
import type { OpenConnection } from "../dialect.js";
import { declarationFailure } from "./failure.js";
import { declareTopology } from "./topology.js";

/** Between two declarations of what messages came back for, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/**
 * For one connection: somebody took away the queue that the sink has bound, and what it declared is declared again.
 * Where messages come back for another reason, that is tried ever more rarely.
 */
export function redeclarer({ topology, message }: TransportOptions, label: string) {
  const isBound = topology.bindings.some(({ exchange }) => exchange === message.exchange);
  let pause = FIRST_PAUSE;
  let from = 0;
  let declaring = false;
  return (open: OpenConnection): void => {
    if (topology.mode !== "declare" || !isBound || declaring || performance.now() < from) return;
    declaring = true;
    const declared = declareTopology(open, topology, label).then(
      () => {
        declaring = false;
        from = performance.now() + pause;
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      },
      (error) => open.fail(declarationFailure(error, label)),
    );
    open.pause(declared);
  };
}
