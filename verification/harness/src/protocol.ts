/** `"service-bus"` is AMQP 1.0 too, to a server that behaves as Azure Service Bus. */
export type Protocol = "amqp" | "streams" | "amqp10" | "service-bus";
