import type { Transport, TransportDescription, TransportOptions } from "@streamll/core";
import { streamsDescription } from "./description.js";
import { streamsTransport as create } from "./transport.js";

export type { AddressResolver, StreamOptions } from "./options.js";

/**
 * RabbitMQ Streams (RabbitMQ 3.10 and later): each event is stored once, also when it had to be sent again.
 *
 * @example
 * const transport = streamsTransport.create(options);
 * const connection = await transport.connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
 */
export const streamsTransport: TransportDescription & { create(options: TransportOptions): Transport } = {
  ...streamsDescription,
  create,
};
