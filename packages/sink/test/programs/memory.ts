import { RabbitMQSink } from "@streamll/sink";

const sink = new RabbitMQSink({ amqpUrl: "memory:", waitForBroker: true });
await sink.start();
await sink.stop();
