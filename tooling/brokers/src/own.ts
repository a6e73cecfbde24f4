import { type Broker, brokerOf } from "./broker.js";
import type { Extras } from "./configuration.js";
import type { Engine } from "./engine.js";
import { engineOfThisMachine } from "./engines.js";
import { launch } from "./start.js";

export interface OwnBrokerOptions extends Extras {
  /** How its version begins, as in "3.10" or "4". Default: the newest that this machine has. */
  readonly generation?: string;
}

/** A broker that nobody else uses. */
export interface OwnBroker extends Broker {
  /** `/mnt` to the broker: its `rabbitmq.conf`, certificates and the files that were given. */
  readonly folder: string;
  /** Ends it, and removes all that it left. */
  close(): Promise<void>;
}

/**
 * Starts a broker of one's own, for what the shared ones cannot have: other settings, plugins, certificates. It ends
 * with this process at the latest. It takes Docker or Debian, also where STREAMLL_TEST_AMQP_URL names a broker.
 * @throws Where this machine has none of that generation.
 * @example
 * const broker = await startBroker({ generation: "4", config: { channel_max: 1 } });
 */
export async function startBroker({ generation = "", ...extras }: OwnBrokerOptions = {}): Promise<OwnBroker> {
  const engine = await engineOfThisMachine();
  await engine.prepare();
  const { description, remove } = await launch(engine, await releaseOf(engine, generation), { extras });
  return { ...brokerOf(description), folder: description.node.folder, close: remove };
}

async function releaseOf(engine: Engine, generation: string): Promise<string> {
  const versions = await Promise.all(engine.releases.map(engine.versionOf));
  const index = versions.findLastIndex((version) => `${version}.`.startsWith(generation && `${generation}.`));
  if (index < 0)
    throw new Error(`no RabbitMQ ${generation} here: ${engine.name} has ${versions.join(" and ")}`);
  return engine.releases[index]!;
}
