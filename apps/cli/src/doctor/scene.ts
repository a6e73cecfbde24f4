import { makeTransport } from "@streamll/connection/internal";
import type { Endpoint, Topology, Transport, TransportError, TransportOptions } from "@streamll/core";
import { isTransportError } from "@streamll/core/internal";
import type { Plan } from "@streamll/sink/internal";
import type { Ask } from "../broker/management.js";
import { nothing } from "../broker/plan.js";

/** What the checks look at. */
export interface Scene {
  readonly plan: Plan;
  readonly options: TransportOptions;
  /** The address that answers. */
  readonly endpoint: Endpoint;
  readonly ask: Ask;
  readonly interrupted: AbortSignal;
  now(): number;
}

/** Whether it is Azure's, which has no HTTP API and declares nothing. */
export const isServiceBus = ({ plan }: Scene): boolean => plan.transport.name === "service-bus";

export const isStream = ({ plan }: Scene): boolean => plan.transport.name === "streams";

/** Whether names and rights are those of RabbitMQ's AMQP. */
export const isAmqp = ({ plan }: Scene): boolean => /^amqp/.test(plan.transport.name);

/** What a connection needs that only looks: the protocols of streams and of Service Bus have none without a queue. */
export const leastTopology = (scene: Scene): Topology =>
  isAmqp(scene) ? nothing : { ...scene.plan.topology, mode: "passive" };

/** The transport of the sink, with other things to declare, or other messages. */
export const transportWith = (
  { plan, options }: Scene,
  changes: Partial<Pick<TransportOptions, "topology" | "message">>,
): Transport =>
  makeTransport(
    plan.connection.choice!,
    { ...options, ...changes },
    plan.endpoints,
    plan.transport.partitions,
  );

/** Connects as the sink does, checks or declares this topology, and leaves. Gives what went wrong. */
export async function attempt(
  scene: Scene,
  topology: Topology,
  endpoint: Endpoint = scene.endpoint,
): Promise<TransportError | undefined> {
  const timeout = AbortSignal.timeout(scene.options.connectionTimeoutMs + 1000);
  const signal = AbortSignal.any([timeout, scene.interrupted]);
  try {
    const connection = await transportWith(scene, { topology }).connect(endpoint, { index: 0 }, signal);
    await connection.close(timeout);
    return undefined;
  } catch (error) {
    if (isTransportError(error)) return error;
    throw error;
  }
}
