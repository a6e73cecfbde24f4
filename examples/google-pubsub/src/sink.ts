import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

/** The guide's options. `own` is for a place of your own, such as an emulator. */
export const pubsubSink = (account: string, key: string, own: RabbitMQSinkOptions = {}): RabbitMQSink =>
  new RabbitMQSink({
    // Pub/Sub has no AMQP: the sink finds the project in it. `pubsub://your-project` is the same.
    amqpUrl: "amqps://your-project.pubsub-amqp.googleapis.com:5671",
    exchange: "dspy-events-topic", // the topic
    routingKey: "", // means nothing to Pub/Sub
    username: account, // client_email of the service account's key file
    password: key, // and its private_key
    batchSize: 100,
    compressionType: "gzip", // bodies over 1 KiB
    publisherConfirms: true, // at least once
    ssl: true,
    connectionTimeout: 30,
    ...own,
  });
