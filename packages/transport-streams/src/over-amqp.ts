import {
  type Endpoint,
  type Topology,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { isEncrypted } from "./address.js";

const PACKAGE = "@streamll/transport-amqp091";

/**
 * Declares over AMQP 0-9-1 what the stream protocol of this broker cannot.
 *
 * @throws TransportNotInstalledError where that transport is missing; else as its `connect`.
 */
export async function declareOverAmqp(
  topology: Topology,
  endpoint: Endpoint,
  options: TransportOptions,
  signal: AbortSignal,
  reason: string,
): Promise<void> {
  const { amqp091Transport } = await import("@streamll/transport-amqp091").catch((cause: unknown) => {
    throw new TransportNotInstalledError(PACKAGE, reason, { cause });
  });
  const transport = amqp091Transport.create({ ...options, topology: { ...topology, mode: "declare" } });
  const connection = await transport.connect(amqpEndpoint(endpoint, options), { index: 0 }, signal);
  await connection.close(signal);
}

function amqpEndpoint(endpoint: Endpoint, options: TransportOptions): Endpoint {
  const scheme = isEncrypted(endpoint, options) ? "amqps" : "amqp";
  const { amqp_port: given } = endpoint.query;
  const port = given === undefined ? (scheme === "amqps" ? 5671 : 5672) : Number(given);
  return { ...endpoint, scheme, port, label: `${scheme}://${endpoint.host}:${port}/` };
}
