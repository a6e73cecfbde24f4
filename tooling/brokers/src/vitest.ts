import { leaseBrokers } from "./connect.js";
import { hand } from "./for-tests.js";

/** Vitest's global set-up of the broker tests. */
export default async function setup(): Promise<() => Promise<void>> {
  const { all, close } = await leaseBrokers();
  console.error(`brokers: RabbitMQ ${all.map(({ version }) => version).join(" and ")}`);
  if (all.some((broker) => !("node" in broker)))
    console.error(
      "brokers: tests that have to control the broker (rabbitmqctl, TLS, kill) are skipped on a named one",
    );
  hand(all);
  return close;
}
