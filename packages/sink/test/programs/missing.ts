import { notLoaded } from "@streamll/core/internal";
import { RabbitMQSink } from "@streamll/sink";
import { lazyTransport } from "../../../connection/src/transport/lazy.js";
import { memoryDescription } from "../../../transport-memory/src/description.js";

const name = "@streamll/transport-nowhere";
const load = () =>
  import(name).catch((error: unknown) => {
    throw notLoaded(name, "the transport nowhere", error);
  });
const lazy = { name: "nowhere", capabilities: memoryDescription.capabilities, load };
const factory = { schemes: ["nowhere"], create: (options: never) => lazyTransport(lazy, options, []) };
const sink = new RabbitMQSink({ amqpUrl: "nowhere:", transports: [factory], flushTimeout: 0 });
try {
  await sink.start();
} catch (error) {
  const { code, message } = error as Error & { code: string };
  console.log(`${code}: ${message}`);
}
await sink.stop();
