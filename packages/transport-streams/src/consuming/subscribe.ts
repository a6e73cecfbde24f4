import {
  type Endpoint,
  type LogRequest,
  type SubscribeRequest,
  type Subscription,
  TransportError,
} from "@streamll/core";
import { type Address, connectWithin, endAfterStandstill, login } from "@streamll/transport-kit";
import { failure } from "../failure.js";
import { isSame, openLocator, openNode, type Reaching } from "../nodes.js";
import type { StreamsTransportOptions } from "../options.js";
import type { StreamPlan } from "../plan.js";
import { OK, STREAM_DOES_NOT_EXIST } from "../protocol/codes.js";
import { METADATA, PARTITIONS } from "../protocol/commands.js";
import { metadata, readMetadata, type StreamMetadata } from "../protocol/metadata.js";
import { partitions, readStreams } from "../protocol/super-stream.js";
import { asker, type Session } from "../session.js";
import { declareStreams } from "../topology.js";
import { RefusedError, type Wire } from "../wire.js";
import { openSubscription } from "./subscription.js";

/** Subscriptions of one connection are told apart by a byte. */
const MOST_PER_CONNECTION = 256;
/**
 * Of a chunk, in bytes, which the limit of frames does not bind: a writer of the broker joins what came from several
 * frames.
 */
const LARGEST_CHUNK = 256 * 1024 * 1024;

export interface Subscribing {
  readonly options: StreamsTransportOptions;
  readonly plan: StreamPlan;
  readonly endpoint: Endpoint;
  readonly request: SubscribeRequest;
}

interface Opening extends Subscribing, Reaching {}

const fromNow: LogRequest = {
  singleActive: false,
  position: async () => "next",
  left: async () => {},
};

/** @throws TransportError */
export function subscribe(subscribing: Subscribing, signal: AbortSignal): Promise<Subscription> {
  const { options, plan, endpoint, request } = subscribing;
  const { label } = endpoint;
  const timeoutMs = options.connectionTimeoutMs;
  const { log = fromNow, source } = request;
  const failed = (error: unknown) => failure(error, "consumer", `${label}: stream ${source}`);
  return connectWithin({ label, timeoutMs, signal, failure: failed }, async (attempt) => {
    const credentials = await attempt.race(login(options, endpoint));
    const opening: Opening = { ...subscribing, ...options, credentials, attempt };
    const locator = await openLocator(opening);
    if (log.singleActive && locator.versions.size === 0) throw tooOld(label);
    for (const stream of plan.streams) await declareStreams({ ...opening, session: locator, stream });
    const found = await partitionsOf(opening, locator);
    const wires = await wiresTo(opening, locator, found);
    const subscription = openSubscription({ options, label, request, log, wires });
    attempt.onFailure(subscription.fail);
    await attempt.race(subscription.begin());
    endAfterStandstill({
      heartbeatMs: options.heartbeatMs,
      label,
      closed: subscription.closed,
      fail: subscription.fail,
    });
    return subscription;
  });
}

const tooOld = (label: string) =>
  new TransportError(
    "protocol",
    `${label}: singleActiveConsumer needs RabbitMQ 3.11 or later: leave it out`,
    { permanent: true },
  );

/** The stream, or the partitions of the super stream of that name. */
async function partitionsOf(
  { request, attempt }: Opening,
  { wire }: Session,
): Promise<readonly StreamMetadata[]> {
  const { ask } = asker(wire, attempt);
  const located = async (streams: readonly string[]) => readMetadata(await ask(METADATA, metadata(streams)));
  const [stream] = await located([request.source]);
  if (stream?.code === OK) return [stream];
  if (stream?.code !== STREAM_DOES_NOT_EXIST) throw new RefusedError(stream?.code ?? STREAM_DOES_NOT_EXIST);
  const names = readStreams(await ask(PARTITIONS, partitions(request.source)));
  const all = names.length === 0 ? [stream] : await located(names);
  const missing = all.find(({ code }) => code !== OK);
  if (missing !== undefined) throw new RefusedError(missing.code);
  return all;
}

/** A connection to each node that is read from; as many streams as it can have share one. */
async function wiresTo(
  opening: Opening,
  locator: Session,
  streams: readonly StreamMetadata[],
): Promise<ReadonlyMap<string, Wire>> {
  const wires = new Map<string, Wire>();
  const open: { readonly node: Address; readonly wire: Wire; left: number }[] = [];
  let isLocatorFree = true;
  for (const { stream, leader, replicas } of streams) {
    const node = nodeToRead(locator, leader, replicas);
    if (node === undefined) throw withoutNode(opening, stream);
    let place = open.find((one) => one.left > 0 && isSame(one.node, node));
    if (place === undefined) {
      const isLocator = isLocatorFree && isSame(locator.node, node);
      const session = isLocator ? locator : await openNode(opening, node, `a node of ${stream}`);
      if (isLocator) isLocatorFree = false;
      session.wire.limit(LARGEST_CHUNK);
      place = { node, wire: session.wire, left: MOST_PER_CONNECTION };
      open.push(place);
    }
    place.left--;
    wires.set(stream, place.wire);
  }
  if (isLocatorFree) locator.wire.end(new Error("The stream is read from other nodes"));
  return wires;
}

/** Replicas first: the leader has the publishers. */
function nodeToRead(
  { node: here }: Session,
  leader: Address | undefined,
  replicas: readonly Address[],
): Address | undefined {
  const nearest = replicas.find((replica) => isSame(here, replica));
  return nearest ?? replicas[Math.floor(Math.random() * replicas.length)] ?? leader;
}

const withoutNode = ({ endpoint }: Opening, stream: string) =>
  new TransportError("unreachable", `${endpoint.label}: the stream ${stream} is on no node that runs`);
