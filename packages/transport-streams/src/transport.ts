import { randomUUID } from "node:crypto";
import {
  ConfigurationError,
  type Endpoint,
  type LaneContext,
  type Transport,
  TransportError,
} from "@streamll/core";
import { grantedCapabilities, logLine } from "@streamll/core/internal";
import { connectWithin, endAfterStandstill, login } from "@streamll/transport-kit";
import { PUBLISHER_ID, type PublisherConnection, publisherConnection } from "./connection.js";
import { subscribe } from "./consuming/subscribe.js";
import { streamsDescription } from "./description.js";
import { failure } from "./failure.js";
import { isSame, openLocator, openNode, type Reaching } from "./nodes.js";
import type { StreamsTransportOptions } from "./options.js";
import { planOf, type StreamPlan } from "./plan.js";
import { DECLARE_PUBLISHER, PUBLISH, QUERY_PUBLISHER_SEQUENCE } from "./protocol/commands.js";
import { declarePublisher, queryPublisherSequence, readSequence } from "./protocol/publisher.js";
import { asker, type Session } from "./session.js";
import { declareStreams, leaderOf } from "./topology.js";

/** How often the stream is asked whether somebody else writes under the user's publisher name. */
const WATCH_MS = 10_000;

/** @throws ConfigurationError */
export function streamsTransport(options: StreamsTransportOptions): Transport {
  const { publisherName } = options;
  const plan = planOf(options);
  if (typeof publisherName === "string" && Buffer.byteLength(publisherName) > 255) {
    // RabbitMQ 3.10 takes a longer one, and cannot open the stream any more.
    throw new ConfigurationError([{ option: "publisherName", message: "a stream allows 255 bytes" }]);
  }
  const random = `streamll-${randomUUID()}`;
  const lanes = new Map<number, PublisherConnection>();
  const inTurn = turns();
  return {
    name: streamsDescription.name,
    capabilities: grantedCapabilities(streamsDescription.capabilities, options),
    partitions: plan.streams.length,
    async connect(endpoint, lane, signal) {
      const reference =
        publisherName === false
          ? undefined
          : (publisherName ?? (lane.index === 0 ? random : `${random}-${lane.index}`));
      const sent = lanes.get(lane.index)?.highestSequence;
      const connecting = { options, plan, endpoint, lane, reference, sent, inTurn };
      const connection = await connectLane(connecting, signal);
      lanes.set(lane.index, connection);
      return connection;
    },
    consuming: {
      ...streamsDescription.consuming,
      subscribe: (endpoint, request, signal) => subscribe({ options, plan, endpoint, request }, signal),
    },
  };
}

interface Connecting {
  readonly options: StreamsTransportOptions;
  readonly plan: StreamPlan;
  readonly endpoint: Endpoint;
  readonly lane: LaneContext;
  /** Of the publisher; absent: the stream deduplicates nothing. */
  readonly reference: string | undefined;
  /** The highest sequence of the lane's last connection. */
  readonly sent: number | undefined;
  readonly inTurn: Turns;
}

type Turns = (task: () => Promise<void>) => Promise<void>;

/** One after another: of two that make a super stream at once, RabbitMQ 4.0.5 drops the connection of one. */
function turns(): Turns {
  let last = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn.catch(() => {});
    return turn;
  };
}

interface Opening extends Connecting, Reaching {
  readonly stream: string;
}

function connectLane(connecting: Connecting, signal: AbortSignal): Promise<PublisherConnection> {
  const { options, plan, endpoint, lane, inTurn } = connecting;
  const { label } = endpoint;
  const timeoutMs = options.connectionTimeoutMs;
  const failed = (error: unknown) => failure(error, plan.mode === "declare" ? "use" : "publisher", label);
  return connectWithin({ label, timeoutMs, signal, failure: failed }, async (attempt) => {
    const credentials = await attempt.race(login(options, endpoint));
    const stream = plan.streams[lane.index % plan.streams.length]!;
    const connectionName = `${options.connectionName}#${lane.index}`;
    const opening: Opening = { ...connecting, stream, credentials, connectionName, attempt };
    const locator = await openLocator(opening);
    const declaring = { ...opening, session: locator };
    await attempt.race(inTurn(() => declareStreams(declaring)));
    const leader = await leaderOf(declaring);
    if (isSame(locator.node, leader)) return await openPublisher(opening, locator);
    const session = await openNode(opening, leader, `the leader of ${stream}`);
    locator.wire.end(new Error("The leader is another node"));
    return await openPublisher(opening, session);
  });
}

async function openPublisher(
  opening: Opening,
  { wire, frameMax, dialect, versions }: Session,
): Promise<PublisherConnection> {
  const { options, endpoint, stream, reference, sent, attempt } = opening;
  const { ask } = asker(wire, attempt);
  await ask(DECLARE_PUBLISHER, declarePublisher(PUBLISHER_ID, reference ?? "", stream));
  const query = (name: string) => queryPublisherSequence(name, stream);
  const lastSequence =
    reference === undefined ? undefined : readSequence(await ask(QUERY_PUBLISHER_SEQUENCE, query(reference)));
  // What a broker before 3.13 does not know is left out: a consumer of it cannot ask for it either.
  const version = options.own.streamFilter && (versions.get(PUBLISH)?.most ?? 1) >= 2 ? 2 : 1;
  const connection = publisherConnection({
    wire,
    format: { frameMax, dialect, version },
    message: options.message,
    confirms: options.confirms,
    label: `${endpoint.label}: stream ${stream}`,
    lastSequence,
  });
  endAfterStandstill({
    heartbeatMs: options.heartbeatMs,
    label: endpoint.label,
    closed: connection.closed,
    fail: (error) => wire.end(error),
  });
  if (sent !== undefined && (lastSequence ?? 0) > sent) noteSecondWriter(connection, opening);
  if (typeof options.publisherName === "string") {
    const { publisherName } = options;
    const watch = setInterval(async () => {
      const last = await wire.ask(QUERY_PUBLISHER_SEQUENCE, query(publisherName)).then(readSequence, () => 0);
      if (last > connection.highestSequence && !wire.isEnded) noteSecondWriter(connection, opening);
    }, WATCH_MS);
    watch.unref();
    void wire.ended.then(() => clearInterval(watch));
  }
  return connection;
}

/** Of two writers under one name, the one that is behind loses events: the broker takes them for duplicates. */
function noteSecondWriter(
  connection: PublisherConnection,
  { options, endpoint: { label }, lane, stream }: Opening,
): void {
  if (connection.problem !== undefined) return;
  const message = `stream ${stream} has more under publisherName than was sent here: another program writes under the same name, and events of one of them are lost. Give each its own`;
  connection.problem = new TransportError("second-writer", `${label}: ${message}`);
  logLine(options.logger, "second_writer", { endpoint: label, lane: lane.index }, message);
}
