import { type Broker, brokerOf, type Description } from "./broker.js";

const variable = "STREAMLL_BROKERS_OF_THIS_RUN";

/** For the processes that run the tests, and theirs. */
export function hand(all: readonly Description[]): void {
  process.env[variable] = JSON.stringify(all);
}

/** The brokers of this run of the broker tests, oldest generation first. Vitest has started them. */
export function brokersForTests(): readonly Broker[] {
  const json = process.env[variable];
  if (!json)
    throw new Error("brokers are there for *.broker.test.ts alone, run as `vitest run --project broker`");
  return (JSON.parse(json) as Description[]).map(brokerOf);
}
