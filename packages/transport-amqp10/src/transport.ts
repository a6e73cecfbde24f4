import {
  type Endpoint,
  type LaneContext,
  type Transport,
  type TransportConnection,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { connectWithin, endAfterStandstill, type Suspects, suspectsByLane } from "@streamll/transport-kit";
import { laneConnection } from "./connection.js";
import type { Dialect, Opening } from "./dialect.js";
import { failure } from "./failure.js";
import { FaultError } from "./fault.js";
import { wireOn } from "./wire.js";

/** AMQP 1.0 in the dialect of one broker. */
export function amqp10(options: TransportOptions, dialect: Dialect): Transport {
  const suspectsOf = suspectsByLane();
  return {
    name: dialect.name,
    capabilities: dialect.capabilities,
    connect: (endpoint, lane, signal) =>
      connectLane({ options, dialect, endpoint, lane, suspects: suspectsOf(lane) }, signal),
  };
}

interface Connecting {
  readonly options: TransportOptions;
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  readonly lane: LaneContext;
  readonly suspects: Suspects;
}

function connectLane(
  { options, dialect, endpoint, lane, suspects }: Connecting,
  signal: AbortSignal,
): Promise<TransportConnection> {
  const { label } = endpoint;
  const { connectionTimeoutMs: timeoutMs, connectionName, heartbeatMs, confirms } = options;
  const failed = (error: unknown) =>
    error instanceof TransportNotInstalledError ? error : failure(error, dialect, label);
  return connectWithin({ label, timeoutMs, signal, failure: failed }, async (attempt) => {
    const opening = await attempt.race(dialect.begin(endpoint, lane));
    const socket = await attempt.race(opening.dial(attempt));
    attempt.onFailure(() => socket.destroy());
    attempt.reached("host");
    const containerId = `${connectionName}#${lane.index}`;
    const wire = wireOn({ opening, socket, containerId, heartbeatMs });
    attempt.onFailure(() => wire.end({ stage: "open", description: "Given up" }));
    await attempt.race(wire.opened.catch((error) => whyRefused(error, opening, attempt.signal)));
    attempt.reached("broker");
    const connection = laneConnection({ wire, dialect, opening, confirms, suspects, timeoutMs, label });
    const lost = connection.closed.then((error) => {
      throw error ?? new Error("Closed");
    });
    lost.catch(() => {});
    const prepared = async () => {
      await opening.ready?.(connection.open);
      if (dialect.firstAddress !== undefined) await connection.attach(dialect.firstAddress);
    };
    await attempt.race(Promise.race([prepared(), lost]));
    endAfterStandstill({ heartbeatMs, label, closed: connection.closed, fail: connection.open.fail });
    return connection;
  });
}

async function whyRefused(error: unknown, opening: Opening, signal: AbortSignal): Promise<never> {
  if (!(error instanceof FaultError) || error.fault.stage !== "open") throw error;
  const fault = await opening.whyRefused?.(error.fault, signal).catch(() => undefined);
  throw fault ? new FaultError(fault) : error;
}
