import { connectBrokers } from "@streamll/brokers";

export interface BenchBroker extends AsyncDisposable {
  readonly url: string;
  /** Of the stream protocol, where it is known. */
  readonly streamUrl?: string;
}

/**
 * The broker to measure on: the one of an `amqp://` URL, else of the brokers for tests the one whose version begins
 * with `wanted`.
 */
export async function benchBroker(wanted: string): Promise<BenchBroker> {
  if (/^amqps?:/.test(wanted)) return { url: wanted, [Symbol.asyncDispose]: async () => {} };
  const brokers = await connectBrokers();
  const found = brokers.all.find(({ version }) => version.startsWith(wanted));
  if (found !== undefined) {
    const streamUrl = found.owned ? { streamUrl: `rabbitmq-stream://127.0.0.1:${found.streamPort}/` } : {};
    return { url: found.url, ...streamUrl, [Symbol.asyncDispose]: () => brokers.close() };
  }
  await brokers.close();
  const versions = brokers.all.map(({ version }) => version).join(" and ");
  throw new Error(`no RabbitMQ ${wanted} here; there are ${versions}, and --broker takes an amqp:// URL too`);
}

/** For a course that is on none. */
export const noBroker: BenchBroker = { url: "", [Symbol.asyncDispose]: async () => {} };
