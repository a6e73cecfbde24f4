import type { TestProject } from "vitest/node";
import { setOf } from "./broker.js";
import { leaseBrokers } from "./connect.js";
import { hand } from "./for-tests.js";

/** Vitest's global set-up of the broker tests: each worker has brokers of its own. */
export default async function setup({ config }: TestProject): Promise<() => Promise<void>> {
  const { all, close } = await leaseBrokers("all", Number(config.maxWorkers));
  console.error(
    `brokers: RabbitMQ ${setOf(all, 0)
      .map(({ version }) => version)
      .join(" and ")}`,
  );
  if (all.some((broker) => !("node" in broker)))
    console.error(
      "brokers: tests that have to control the broker (rabbitmqctl, TLS, kill) are skipped on a named one",
    );
  hand(all);
  return close;
}
