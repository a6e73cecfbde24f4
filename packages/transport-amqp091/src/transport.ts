import {
  ConfigurationError,
  type ConfigurationProblem,
  type Endpoint,
  type LaneContext,
  type Transport,
  type TransportConnection,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { grantedCapabilities, logLine } from "@streamll/core/internal";
import { isShortString, rabbitmqHints, type Suspects, suspectsByLane, within } from "@streamll/transport-kit";
import type { Channel, ChannelModel } from "amqplib";
import { laneConnection } from "./connection.js";
import { subscribe } from "./consuming/subscribe.js";
import { amqp091Description } from "./description.js";
import { failure } from "./failure.js";
import { openSession } from "./session.js";
import { declareTopology } from "./topology.js";
import { batchWriter } from "./writer.js";

/** Frames that amqplib holds back on a channel, where the batches go through it: 8 MiB at most. */
const CHANNEL_FRAMES = 64;

/** @param writerOf how batches are put on the wire; tests name one. */
export function amqpTransport(
  options: TransportOptions,
  writerOf: typeof batchWriter = batchWriter,
): Transport {
  const problems = problemsOf(options);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const suspectsOf = suspectsByLane();
  return {
    name: amqp091Description.name,
    capabilities: grantedCapabilities(amqp091Description.capabilities, options),
    connect: (endpoint, lane, signal) =>
      connectLane(options, endpoint, lane, signal, writerOf, suspectsOf(lane)),
    consuming: {
      ...amqp091Description.consuming,
      subscribe: (endpoint, request, signal) => subscribe(options, endpoint, request, signal),
    },
  };
}

function problemsOf({ message }: TransportOptions): ConfigurationProblem[] {
  const { priority, expirationMs } = message;
  const problems: ConfigurationProblem[] = [];
  for (const option of ["exchange", "contentType", "appId"] as const) {
    if (!isShortString(message[option])) problems.push({ option, message: "AMQP 0-9-1 allows 255 bytes" });
  }
  if (priority !== undefined && !isWhole(priority, 255)) {
    problems.push({ option: "queuePriority", message: `${priority} is no whole number from 0 to 255` });
  }
  if (expirationMs !== undefined && !isWhole(expirationMs, 0xffff_ffff)) {
    problems.push({
      option: "messageTtl",
      message: `${expirationMs} ms is not from 0 to ${0xffff_ffff} whole ms`,
    });
  }
  return problems;
}

const isWhole = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;

function connectLane(
  options: TransportOptions,
  endpoint: Endpoint,
  lane: LaneContext,
  signal: AbortSignal,
  writerOf: typeof batchWriter,
  suspects: Suspects,
): Promise<TransportConnection> {
  const { label } = endpoint;
  const { confirms, message, topology } = options;
  const connectionName = `${options.connectionName}#${lane.index}`;
  return openSession({ options, endpoint, connectionName, signal }, async ({ model, attempt, user }) => {
    const channel = await attempt.race(openChannel(model, confirms));
    const life = new AbortController();
    const connection = laneConnection({
      model,
      channel,
      writer: writerOf(model, channel, message, user),
      message,
      confirms,
      label,
      suspects,
      topology,
      lost: warnOnce(options, label),
      redeclare: () => redeclare(model, options, label, life.signal),
    });
    void connection.closed.then(() => life.abort());
    return connection;
  });
}

function redeclare(
  model: ChannelModel,
  { topology, connectionTimeoutMs }: TransportOptions,
  label: string,
  life: AbortSignal,
): Promise<void> {
  const late = () =>
    new TransportError(
      "timeout",
      `${label}: the queue is gone, and the broker did not declare it again in ${connectionTimeoutMs} ms. ${rabbitmqHints.SEE_THE_LOG}`,
    );
  return within(connectionTimeoutMs, life, late, declareTopology(model, topology)).catch((error) => {
    throw failure(error, "declare", label);
  });
}

async function openChannel(model: ChannelModel, confirms: boolean): Promise<Channel> {
  const options = { highWaterMark: CHANNEL_FRAMES };
  const channel = await (confirms ? model.createConfirmChannel(options) : model.createChannel(options));
  return channel.on("error", () => {});
}

/** With confirms off a returned message has been settled already: a line in the log is all that is left to do. */
function warnOnce({ logger }: TransportOptions, endpoint: string): (exchange: string) => void {
  let said = false;
  return (exchange) => {
    if (said) return;
    said = true;
    logLine(
      logger,
      "returned",
      { endpoint, exchange },
      "A message came back because no queue takes it; logged once per connection",
    );
  };
}
