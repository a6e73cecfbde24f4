import { type ServiceBusClientOptions, ServiceBusClient as Theirs } from "@azure/service-bus";

/** Microsoft's client, closed at the end of its block; it tries once. */
export function clientOf(connectionString: string, options: ServiceBusClientOptions = {}) {
  return closing(new Theirs(connectionString, { retryOptions: once, ...options }));
}

export const closing = (client: Theirs) =>
  Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });

const once = { maxRetries: 0, timeoutInMs: 5_000 };

/** It tries again, soon: as it must where it takes its own late end of an old link for that of the new one. */
export const again = { retryOptions: { maxRetries: 3, retryDelayInMs: 20, timeoutInMs: 1_000 } };
