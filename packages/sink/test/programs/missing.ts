import { RabbitMQSink } from "@streamll/sink";
import { memory } from "../../src/transport/known.js";
import { lazyTransport } from "../../src/transport/lazy.js";

const name = "@streamll/transport-nowhere";
const capabilities = memory.capabilities!;
const late = { name: "nowhere", packageName: name, capabilities, load: () => import(name) };
const factory = { schemes: ["nowhere"], create: (options: never) => lazyTransport(late, options) };
const sink = new RabbitMQSink({ amqpUrl: "nowhere:", transports: [factory], flushTimeout: 0 });
try {
  await sink.start();
} catch (error) {
  const { code, message } = error as Error & { code: string };
  console.log(`${code}: ${message}`);
}
await sink.stop();
