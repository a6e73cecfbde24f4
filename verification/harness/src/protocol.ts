/**
 * `"service-bus"` is AMQP 1.0 too, to a server that behaves as Azure Service Bus; `"pubsub"` is HTTP, to one that behaves as
 * Google Cloud Pub/Sub.
 */
export type Protocol = "amqp" | "streams" | "amqp10" | "service-bus" | "pubsub";
