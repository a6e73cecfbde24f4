import { randomUUID } from "node:crypto";
import { MemoryBroker } from "@streamll/transport-memory";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";

/** A sink to an in-process broker of its own, and what arrived in the queue of its default name. */
export function onMemory(options: RabbitMQSinkOptions = {}) {
  const name = randomUUID();
  const broker = MemoryBroker.named(name);
  const sink = new RabbitMQSink({ amqpUrl: `memory:${name}`, ...options });
  const arrived = (queue = "streamll_events") => broker.consume(queue);
  const types = (queue?: string) => arrived(queue).map(({ type }) => type);
  return { broker, sink, arrived, types };
}
