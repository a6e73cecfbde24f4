import type { Endpoint, Topology, TransportError, TransportOptions } from "@streamll/core";
import type { Deadline } from "./deadline.js";
import { failure, transportError } from "./failure.js";
import { declareOverAmqp } from "./over-amqp.js";
import type { StreamPlan } from "./plan.js";
import { PRECONDITION_FAILED, STREAM_ALREADY_EXISTS, STREAM_DOES_NOT_EXIST } from "./protocol/codes.js";
import { CREATE, CREATE_SUPER_STREAM, METADATA, PARTITIONS } from "./protocol/commands.js";
import { type Address, metadata, readMetadata } from "./protocol/metadata.js";
import { create } from "./protocol/stream.js";
import { createSuperStream, partitions, readStreams } from "./protocol/super-stream.js";
import { asker, type Session } from "./session.js";
import { RefusedError } from "./wire.js";

export interface Declaring {
  readonly session: Session;
  readonly plan: StreamPlan;
  /** The lane's. */
  readonly stream: string;
  readonly endpoint: Endpoint;
  readonly options: TransportOptions;
  readonly deadline: Deadline;
}

/**
 * Makes the streams, or checks that they are there.
 *
 * @throws TransportError
 */
export async function declareStreams(declaring: Declaring): Promise<void> {
  const { session, plan, stream, endpoint, deadline } = declaring;
  const { ask } = asker(session.wire, deadline);
  const { mode, superStream } = plan;
  if (mode === "none") return;
  try {
    if (superStream !== undefined) await declareSuperStream(declaring, superStream);
    // A stream that is there is looked at too: created again, it tells whether its arguments are these.
    if (mode === "declare") await orExists(ask(CREATE, create(stream, plan.arguments)));
  } catch (error) {
    if (error instanceof RefusedError && error.code === PRECONDITION_FAILED)
      throw await conflict(declaring, error);
    throw failure(error, "declare", endpoint.label);
  }
}

async function declareSuperStream(
  { session, plan, endpoint, options, deadline }: Declaring,
  { name, bindingKeys }: NonNullable<StreamPlan["superStream"]>,
): Promise<void> {
  const { ask } = asker(session.wire, deadline);
  const found = await ask(PARTITIONS, partitions(name)).then(readStreams, (error: unknown) => {
    if (error instanceof RefusedError && error.code === STREAM_DOES_NOT_EXIST) return [];
    throw error;
  });
  if (found.length > 0)
    return checkPartitions(found, plan.streams, `${endpoint.label}: the super stream ${name}`);
  if (plan.mode === "passive") {
    const message = `${endpoint.label}: there is no super stream ${name}. Create it, or set declareTopology: "declare"`;
    throw transportError("not-found", message, { permanent: true });
  }
  if (session.versions.has(CREATE_SUPER_STREAM)) {
    // Another lane may be quicker.
    await orExists(
      ask(CREATE_SUPER_STREAM, createSuperStream(name, plan.streams, bindingKeys, plan.arguments)),
    );
  } else {
    const reason = `making a super stream on RabbitMQ before 3.13 (superStreamPartitions)`;
    await deadline.race(declareOverAmqp(options.topology, endpoint, options, deadline.signal, reason));
  }
}

function checkPartitions(found: readonly string[], wanted: readonly string[], what: string): void {
  const isSame = found.length === wanted.length && found.every((stream) => wanted.includes(stream));
  if (isSame) return;
  const message = `${what} has the partitions ${found.join(", ")}, and superStreamPartitions asks for ${wanted.join(", ")}. Set it to ${found.length}, or use another name`;
  throw transportError("topology-conflict", message, { permanent: true });
}

const orExists = (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: unknown) => {
    if (!(error instanceof RefusedError && error.code === STREAM_ALREADY_EXISTS)) throw error;
  });

/** The stream protocol does not tell what a stream was made with. A declaration over AMQP 0-9-1 that is refused does. */
async function conflict(
  { plan, stream, endpoint, options, deadline }: Declaring,
  cause: Error,
): Promise<TransportError> {
  const topology: Topology = {
    mode: "declare",
    exchanges: [],
    queues: options.topology.queues.filter(({ name }) => name === stream),
    bindings: [],
  };
  const asked = deadline.race(declareOverAmqp(topology, endpoint, options, deadline.signal, "to see why"));
  const brokersWords = await asked.then(
    () => undefined,
    (error: unknown) =>
      error instanceof Error && "kind" in error && error.kind === "topology-conflict"
        ? error.message
        : undefined,
  );
  const wanted = Object.entries(plan.arguments).map(([name, value]) => `${name}=${value}`);
  const message = `${endpoint.label}: the stream ${stream} exists with other settings than these: ${wanted.join(", ") || "no retention"}. ${
    brokersWords ??
    `What it has: rabbitmqctl list_queues name arguments. Use those, another name, or declareTopology: "passive"; or delete it`
  }`;
  return transportError("topology-conflict", message, { cause, permanent: true });
}

/**
 * Where the leader of the stream is, by the address that brokers know it by.
 *
 * @throws TransportError
 */
export async function leaderOf({
  session,
  stream,
  endpoint,
  deadline,
}: Omit<Declaring, "plan">): Promise<Address> {
  const { ask } = asker(session.wire, deadline);
  try {
    const [found] = readMetadata(await ask(METADATA, metadata([stream])));
    if (found === undefined || found.code !== 1) throw new RefusedError(found?.code ?? STREAM_DOES_NOT_EXIST);
    if (found.leader !== undefined) return found.leader;
  } catch (error) {
    throw failure(error, "publisher", `${endpoint.label}: stream ${stream}`);
  }
  const message = `${endpoint.label}: the stream ${stream} has no leader now; its nodes elect one`;
  throw transportError("unreachable", message);
}
