// A program of one transport, as the smoke test bundles it: the others are not installed.
import { equal, rejects } from "node:assert/strict";
import { silentLogger } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";

const sink = new RabbitMQSink({ amqpUrl: "memory:bundled" });
sink.handleEvent({ eventType: "step" });
const { sent } = await sink.stop();
equal(sent, 1);

const other = new RabbitMQSink({ amqpUrl: "rabbitmq-stream://localhost/", logger: silentLogger });
await rejects(other.start(), { code: "TRANSPORT_NOT_INSTALLED" });
await other.stop();
console.log("an event sent on memory, and the transport that is missing named");
