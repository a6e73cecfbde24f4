import type { Endpoint, Topology, TransportFactory, TransportOptions } from "@streamll/core";
import { notLoaded } from "@streamll/core/internal";
import { addressOf } from "./address.js";

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
  const amqp091Transport = await load(reason);
  const there = amqpEndpoint(endpoint, options);
  const declaring: TransportOptions = { ...options, own: {}, topology: { ...topology, mode: "declare" } };
  const connection = await amqp091Transport.create(declaring, [there]).connect(there, { index: 0 }, signal);
  await connection.close(signal);
}

async function load(reason: string): Promise<TransportFactory> {
  try {
    return (await import("@streamll/transport-amqp091")).amqp091Transport;
  } catch (error) {
    throw notLoaded("@streamll/transport-amqp091", reason, error);
  }
}

function amqpEndpoint(endpoint: Endpoint, options: TransportOptions): Endpoint {
  const scheme = addressOf(endpoint, options).tls ? "amqps" : "amqp";
  const { amqp_port: given } = endpoint.query;
  const port = given === undefined ? (scheme === "amqps" ? 5671 : 5672) : Number(given);
  return { ...endpoint, scheme, port, label: `${scheme}://${endpoint.host}:${port}/` };
}
