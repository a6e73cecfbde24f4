import { RabbitMQSink } from "@streamll/sink";

const sink = new RabbitMQSink({ amqpUrl: "amqp://127.0.0.1:1/", flushTimeout: 0 });
await sink.start();
await sink.stop();
