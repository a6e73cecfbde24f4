import { connectBrokers } from "@streamll/brokers";

export interface BenchBroker extends AsyncDisposable {
  readonly url: string;
}

/**
 * The broker to measure on: the one of an `amqp://` URL, else of the brokers for tests the one whose version begins
 * with `wanted`.
 */
export async function benchBroker(wanted: string): Promise<BenchBroker> {
  if (/^amqps?:/.test(wanted)) return { url: wanted, [Symbol.asyncDispose]: async () => {} };
  const brokers = await connectBrokers();
  const found = brokers.all.find(({ version }) => version.startsWith(wanted));
  if (found !== undefined) return { url: found.url, [Symbol.asyncDispose]: () => brokers.close() };
  await brokers.close();
  const versions = brokers.all.map(({ version }) => version).join(" and ");
  throw new Error(`no RabbitMQ ${wanted} here; there are ${versions}, and --broker takes an amqp:// URL too`);
}
