import type { Endpoint } from "../../transport.js";
import type { CircuitBreakerOptions } from "../options.js";
import type { CircuitState } from "../report.js";
import { Breaker } from "./breaker.js";

/** One address of the cluster, and its state. */
export interface EndpointState {
  readonly endpoint: Endpoint;
  readonly breaker: Breaker;
}

/** The addresses of one cluster, shuffled once so that a fleet of programs spreads over it. */
export class Endpoints {
  readonly states: readonly EndpointState[];

  constructor(endpoints: readonly Endpoint[], breaker: CircuitBreakerOptions | false, random: () => number) {
    this.states = shuffled(endpoints, random).map((endpoint) => ({
      endpoint,
      breaker: new Breaker(breaker, random),
    }));
  }

  /** The `turn`th address, going round. */
  at(turn: number): EndpointState {
    return this.states[turn % this.states.length]!;
  }

  /** The best state among all addresses: one usable address is enough. */
  get circuitState(): CircuitState {
    const states = this.states.map(({ breaker }) => breaker.state);
    if (states.includes("closed")) return "closed";
    return states.includes("half-open") ? "half-open" : "open";
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
