import {
  ConfigurationError,
  type ConfigurationProblem,
  type Endpoint,
  type LaneContext,
  type Transport,
  type TransportConnection,
  type TransportError,
  type TransportOptions,
} from "@streamll/core";
import {
  connectDeadline,
  endAfterStandstill,
  grantedCapabilities,
  isShortString,
  type Login,
  login,
  type Reached,
  renewBeforeExpiry,
  type Suspects,
  say,
  startDeadline,
} from "@streamll/core/internal";
import type { Channel, ChannelModel } from "amqplib";
import { destroy, type LaneConnection, laneConnection } from "./connection.js";
import { amqp091Description } from "./description.js";
import { failure, type Stage, transportError } from "./failure.js";
import { openConnection } from "./open.js";
import { declareTopology } from "./topology.js";
import { wireOf } from "./wire.js";
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
  const suspects = new Map<number, Suspects>();
  const suspectsOf = ({ index }: LaneContext): Suspects => {
    const found = suspects.get(index) ?? new Set();
    suspects.set(index, found);
    return found;
  };
  return {
    name: amqp091Description.name,
    capabilities: grantedCapabilities(amqp091Description.capabilities, options),
    connect: (endpoint, lane, signal) =>
      connectLane(options, endpoint, lane, signal, writerOf, suspectsOf(lane)),
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

async function connectLane(
  options: TransportOptions,
  endpoint: Endpoint,
  lane: LaneContext,
  signal: AbortSignal,
  writerOf: typeof batchWriter,
  suspects: Suspects,
): Promise<TransportConnection> {
  const { label } = endpoint;
  let reached: Reached = "nothing";
  const deadline = connectDeadline(label, options.connectionTimeoutMs, signal, () => reached);
  let stage: Stage = "connect";
  let model: ChannelModel | undefined;
  let ending: unknown;
  try {
    const credentials = await deadline.race(login(options, endpoint));
    model = await openConnection({
      endpoint,
      lane,
      options,
      login: credentials,
      deadline,
      reached: (place) => {
        reached = place;
      },
    });
    // Tells more than the rejections of what was under way.
    const ended = (error?: Error) => {
      ending ??= error;
    };
    model.on("error", ended).on("close", ended);
    stage = "declare";
    await deadline.race(declareTopology(model, options.topology));
    stage = "connect";
    const channel = await deadline.race(openChannel(model, options.confirms));
    if (ending) throw ending;
    const life = new AbortController();
    const connection = laneConnection({
      model,
      channel,
      writer: writerOf(model, channel, options.message),
      message: options.message,
      confirms: options.confirms,
      label,
      suspects,
      lost: warnOnce(options, label),
      redeclare: redeclarer(model, options, label, life.signal),
    });
    void connection.closed.then(() => life.abort());
    const { heartbeatMs } = options;
    endAfterStandstill({ heartbeatMs, label, closed: connection.closed, fail: connection.fail });
    renew(connection, model, credentials, options, endpoint, life.signal);
    return connection;
  } catch (error) {
    if (model) destroy(wireOf(model).stream);
    if (deadline.signal.aborted) throw deadline.signal.reason;
    throw failure(ending ?? error, ending ? "connect" : stage, label);
  } finally {
    deadline.done();
  }
}

/** For what the sink itself has bound a queue to. */
function redeclarer(
  model: ChannelModel,
  { topology, connectionTimeoutMs }: TransportOptions,
  label: string,
  life: AbortSignal,
) {
  return (exchange: string): Promise<void> | undefined => {
    const isBound = topology.bindings.some((binding) => binding.exchange === exchange);
    if (topology.mode !== "declare" || !isBound) return undefined;
    const late = () =>
      transportError("timeout", `${label}: the queue is gone, and could not be declared again in time`);
    return within(connectionTimeoutMs, life, late, declareTopology(model, topology)).catch((error) => {
      throw failure(error, "declare", label);
    });
  };
}

/** Bounds a step that a connection takes once it is open. */
function within<T>(
  milliseconds: number,
  life: AbortSignal,
  late: () => TransportError,
  step: Promise<T>,
): Promise<T> {
  const deadline = startDeadline(milliseconds, life, late);
  return deadline.race(step).finally(deadline.done);
}

async function openChannel(model: ChannelModel, confirms: boolean): Promise<Channel> {
  const options = { highWaterMark: CHANNEL_FRAMES };
  const channel = await (confirms ? model.createConfirmChannel(options) : model.createChannel(options));
  return channel.on("error", () => {});
}

function renew(
  connection: LaneConnection,
  model: ChannelModel,
  first: Login,
  options: TransportOptions,
  endpoint: Endpoint,
  life: AbortSignal,
): void {
  const late = () => transportError("auth", `${endpoint.label}: the password could not be renewed in time`);
  const bounded = <T>(step: Promise<T>) => within(options.connectionTimeoutMs, life, late, step);
  const stop = renewBeforeExpiry(first, {
    ask: () => bounded(login(options, endpoint)),
    update: ({ password }) => bounded(model.updateSecret(Buffer.from(password), "about to expire")),
    failed: connection.fail,
    blocked: () => connection.isBlocked,
  });
  void connection.closed.then(stop);
}

/** With confirms off a returned message has been settled already: all that is left is to say so. */
function warnOnce({ logger }: TransportOptions, endpoint: string): (exchange: string) => void {
  let said = false;
  return (exchange) => {
    if (said) return;
    said = true;
    say(
      logger,
      "returned",
      { endpoint, exchange },
      "A message came back because no queue takes it; said once a connection",
    );
  };
}
