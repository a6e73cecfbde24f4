import { RabbitMQSink } from "@streamll/sink";

new RabbitMQSink({ amqpUrl: "amqp://127.0.0.1:1/" }).explain();
