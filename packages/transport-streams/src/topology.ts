import { setTimeout } from "node:timers/promises";
import { type Endpoint, type Topology, TransportError, type TransportOptions } from "@streamll/core";
import { isTransportError } from "@streamll/core/internal";
import type { Address, ConnectAttempt } from "@streamll/transport-kit";
import { failure } from "./failure.js";
import { declareOverAmqp } from "./over-amqp.js";
import type { StreamPlan } from "./plan.js";
import {
  INTERNAL_ERROR,
  OK,
  PRECONDITION_FAILED,
  STREAM_ALREADY_EXISTS,
  STREAM_DOES_NOT_EXIST,
} from "./protocol/codes.js";
import { CREATE, CREATE_SUPER_STREAM, METADATA, PARTITIONS } from "./protocol/commands.js";
import { metadata, readMetadata } from "./protocol/metadata.js";
import { create } from "./protocol/stream.js";
import { createSuperStream, partitions, readStreams } from "./protocol/super-stream.js";
import { asker, type Session } from "./session.js";
import { RefusedError } from "./wire.js";

type SuperStream = NonNullable<StreamPlan["superStream"]>;

export interface Declaring {
  readonly session: Session;
  readonly plan: StreamPlan;
  /** The lane's. */
  readonly stream: string;
  readonly endpoint: Endpoint;
  readonly options: TransportOptions;
  readonly attempt: ConnectAttempt;
}

/**
 * Makes the streams, or checks that they are there.
 *
 * @throws TransportError
 */
export async function declareStreams(declaring: Declaring): Promise<void> {
  const { mode, superStream } = declaring.plan;
  if (mode === "none") return;
  try {
    if (superStream !== undefined) await declareSuperStream(declaring, superStream);
    else await beNoSuperStream(declaring);
    // An existing stream is created again too: the answer tells whether its arguments are these.
    if (mode === "declare") await createStream(declaring);
  } catch (error) {
    if (error instanceof RefusedError && error.code === PRECONDITION_FAILED)
      throw await conflict(declaring, error);
    throw failure(error, "declare", declaring.endpoint.label);
  }
}

/** Beside one of its name, no consumer would read a new stream. */
async function beNoSuperStream(declaring: Declaring): Promise<void> {
  const { session, stream, endpoint, attempt } = declaring;
  const [found] = await locate(declaring, [stream]);
  // An existing stream was made on purpose.
  if (found?.code !== STREAM_DOES_NOT_EXIST) return;
  const { ask } = asker(session.wire, attempt);
  const { length } = await ask(PARTITIONS, partitions(stream)).then(readStreams, none);
  if (length === 0) return;
  const message = `${endpoint.label}: ${stream} is a super stream: set superStreamPartitions: ${length}, or use another name`;
  throw new TransportError("topology-conflict", message, { permanent: true });
}

const LOCATOR = "queue-leader-locator";

/** Where the leader of a stream was put is left as found: whoever made it may have chosen otherwise. */
async function createStream({ session, plan, stream, attempt }: Declaring): Promise<void> {
  const { ask } = asker(session.wire, attempt);
  const { [LOCATOR]: _own, ...rest } = plan.arguments;
  const others = ["balanced", "least-leaders", "client-local"].map((locator) => ({
    ...rest,
    [LOCATOR]: locator,
  }));
  const variants = [plan.arguments, rest, ...others];
  let refusal: unknown;
  for (const args of variants) {
    try {
      await ask(CREATE, create(stream, args)).catch(unless(STREAM_ALREADY_EXISTS));
      return;
    } catch (error) {
      unless(PRECONDITION_FAILED)(error);
      refusal ??= error;
    }
  }
  throw refusal;
}

/** While another program makes it, a part of it is there, and making it too is an internal error (RabbitMQ 4.0). */
const PATIENCE = { tries: 20, pauseMs: 100 };

async function declareSuperStream(declaring: Declaring, { name, bindingKeys }: SuperStream): Promise<void> {
  const { session, plan, endpoint, options, attempt } = declaring;
  const { streams, mode } = plan;
  const { ask } = asker(session.wire, attempt);
  const what = `${endpoint.label}: the super stream ${name}`;
  for (let left = PATIENCE.tries; ; left--) {
    const found = await ask(PARTITIONS, partitions(name)).then(readStreams, none);
    const missing = streams.filter((stream) => !found.includes(stream));
    const isWithin = found.length + missing.length === streams.length;
    if (isWithin && missing.length === 0) return;
    if (found.length === 0 && mode === "passive") {
      const message = `${what} is not there. Create it, or set declareTopology: "declare"`;
      throw new TransportError("not-found", message, { permanent: true });
    }
    const isHalfMade = async () =>
      mode === "declare" && left === 0 && (await locate(declaring, missing)).every(({ code }) => code === OK);
    if (!isWithin || (found.length > 0 && left <= 0 && !(await isHalfMade()))) {
      const message = `${what} has the partitions ${found.join(", ")}, and superStreamPartitions asks for ${streams.join(", ")}. Set it to ${found.length}, or use another name`;
      throw new TransportError("topology-conflict", message, { permanent: true });
    }
    if (left <= 0 || (found.length === 0 && !session.versions.has(CREATE_SUPER_STREAM))) {
      // Another program died while it made the super stream: RabbitMQ 4.0 does not complete what that one began.
      const reason = "making a super stream on RabbitMQ before 3.13, or one that was left half made,";
      const declared = declareOverAmqp(options.topology, endpoint, options, attempt.signal, reason);
      await attempt.race(declared.catch(whileItStarts));
    } else if (found.length === 0) {
      const request = createSuperStream(name, streams, bindingKeys, plan.arguments);
      await ask(CREATE_SUPER_STREAM, request).catch(unless(STREAM_ALREADY_EXISTS, INTERNAL_ERROR));
    }
    await attempt.race(setTimeout(PATIENCE.pauseMs, undefined, { ref: false }));
  }
}

const locate = async ({ session, attempt }: Declaring, streams: readonly string[]) =>
  readMetadata(await asker(session.wire, attempt).ask(METADATA, metadata(streams)));

/** The broker has not recovered yet: it misses a stream that it was just asked to make. */
function whileItStarts(error: Error & { kind?: unknown }): never {
  if (error.kind !== "not-found") throw error;
  throw new TransportError("unreachable", error.message, { cause: error });
}

function none(error: unknown): string[] {
  unless(STREAM_DOES_NOT_EXIST)(error);
  return [];
}

const unless =
  (...codes: readonly number[]) =>
  (error: unknown): void => {
    if (!(error instanceof RefusedError && codes.includes(error.code))) throw error;
  };

/** The stream protocol does not tell what a stream was made with. A declaration over AMQP 0-9-1 that is refused does. */
async function conflict(
  { plan, stream, endpoint, options, attempt }: Declaring,
  cause: Error,
): Promise<TransportError> {
  const topology: Topology = {
    mode: "declare",
    exchanges: [],
    queues: options.topology.queues.filter(({ name }) => name === stream),
    bindings: [],
  };
  const asked = attempt.race(declareOverAmqp(topology, endpoint, options, attempt.signal, "to see why"));
  const brokersWords = await asked.then(
    () => undefined,
    (error: unknown) =>
      isTransportError(error) && error.kind === "topology-conflict" ? error.message : undefined,
  );
  const wanted = Object.entries(plan.arguments).map(([name, value]) => `${name}=${value}`);
  const message = `${endpoint.label}: the stream ${stream} exists with other settings than these: ${wanted.join(", ") || "no retention"}. ${
    brokersWords ??
    `What it has: rabbitmqctl list_queues name arguments. Use those, another name, or declareTopology: "passive"; or delete it`
  }`;
  return new TransportError("topology-conflict", message, { cause, permanent: true });
}

/**
 * Where the leader of the stream is, by the address that brokers know it by.
 *
 * @throws TransportError
 */
export async function leaderOf(declaring: Declaring): Promise<Address> {
  const { plan, stream, endpoint } = declaring;
  try {
    const [found] = await locate(declaring, [stream]);
    if (found === undefined || found.code !== OK)
      throw new RefusedError(found?.code ?? STREAM_DOES_NOT_EXIST);
    if (found.leader !== undefined) return found.leader;
  } catch (error) {
    // A stream that was just declared cannot be missing: the broker is still starting.
    throw failure(
      error,
      plan.mode === "declare" ? "use" : "publisher",
      `${endpoint.label}: stream ${stream}`,
    );
  }
  const message = `${endpoint.label}: the stream ${stream} has no leader now; its nodes elect one`;
  throw new TransportError("unreachable", message);
}
