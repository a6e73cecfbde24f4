/** Addresses of RabbitMQ 4, in their second version: names are percent-encoded. */
export const exchangeAddress = (exchange: string): string => `/exchanges/${encodeURIComponent(exchange)}`;

export const queueAddress = (queue: string): string => `/queues/${encodeURIComponent(queue)}`;

/** The default exchange has none: its routing key names a queue. */
export const destination = (exchange: string, routingKey: string): string =>
  exchange === ""
    ? queueAddress(routingKey)
    : `${exchangeAddress(exchange)}/${encodeURIComponent(routingKey)}`;
