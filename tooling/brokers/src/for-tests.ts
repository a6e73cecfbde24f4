import { type Broker, brokerOf, type Description, setOf } from "./broker.js";

const variable = "STREAMLL_BROKERS_OF_THIS_RUN";

/** For the processes that run the tests, and theirs. */
export function hand(all: readonly Description[]): void {
  process.env[variable] = JSON.stringify(all);
}

/**
 * A broker of each generation, oldest first, for the files that run one after another in this worker of vitest, which
 * has started them.
 */
export function brokersForTests(): readonly Broker[] {
  const json = process.env[variable];
  if (!json)
    throw new Error("brokers are there for *.broker.test.ts and *.slow.test.ts alone, run by `vitest`");
  const worker = Number(process.env.VITEST_POOL_ID ?? 1) - 1;
  return setOf(JSON.parse(json) as Description[], worker).map(brokerOf);
}
