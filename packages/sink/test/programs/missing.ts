import { notLoaded } from "@streamll/core/internal";
import { RabbitMQSink } from "@streamll/sink";
import { memory } from "../../src/transport/known.js";
import { lazyTransport } from "../../src/transport/lazy.js";

const name = "@streamll/transport-nowhere";
const load = () =>
  import(name).catch((error: unknown) => {
    throw notLoaded(name, "the transport nowhere", error);
  });
const late = { name: "nowhere", capabilities: memory.capabilities!, load };
const factory = { schemes: ["nowhere"], create: (options: never) => lazyTransport(late, options, []) };
const sink = new RabbitMQSink({ amqpUrl: "nowhere:", transports: [factory], flushTimeout: 0 });
try {
  await sink.start();
} catch (error) {
  const { code, message } = error as Error & { code: string };
  console.log(`${code}: ${message}`);
}
await sink.stop();
