import { RabbitMQSink, type RabbitMQSinkOptions, type TokenCredential } from "@streamll/sink";

/** The guide's first: by a shared access key. `own` is for a place of your own, such as an emulator. */
export const keySink = (name: string, key: string, own: RabbitMQSinkOptions = {}): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl: "amqps://your-namespace.servicebus.windows.net",
    exchange: "", // Service Bus has queues, and no exchanges
    routingKey: "dspy-events", // the queue's name
    username: name, // of the key, such as RootManageSharedAccessKey
    password: key,
    batchSize: 30,
    messageTtl: 3600, // an hour
    durable: true,
    amqpVersion: "1.0",
    ...own,
  });

/** The guide's second: by a managed identity. Without a credential, `@azure/identity` finds one. */
export const identitySink = (credential?: TokenCredential, own: RabbitMQSinkOptions = {}): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl: "amqps://your-namespace.servicebus.windows.net",
    routingKey: "dspy-events",
    authProvider: "azure_managed_identity",
    credential,
    batchSize: 30,
    publisherConfirms: true,
    ...own,
  });
