import type { Duplex } from "node:stream";
import {
  type Endpoint,
  type LaneContext,
  type Transport,
  type TransportConnection,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { connectDeadline, endAfterStandstill, type Reached, type Suspects } from "@streamll/transport-kit";
import { laneConnection } from "./connection.js";
import type { Dialect, Opening } from "./dialect.js";
import { failure } from "./failure.js";
import { FaultError } from "./fault.js";
import { type Wire, wireOn } from "./wire.js";

/** AMQP 1.0 in the dialect of one broker. */
export function amqp10(options: TransportOptions, dialect: Dialect): Transport {
  const suspects = new Map<number, Suspects>();
  return {
    name: dialect.name,
    capabilities: dialect.capabilities,
    connect(endpoint, lane, signal) {
      const own = suspects.get(lane.index) ?? new Set();
      suspects.set(lane.index, own);
      return connectLane({ options, dialect, endpoint, lane, suspects: own }, signal);
    },
  };
}

interface Connecting {
  readonly options: TransportOptions;
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  readonly lane: LaneContext;
  readonly suspects: Suspects;
}

async function connectLane(
  { options, dialect, endpoint, lane, suspects }: Connecting,
  signal: AbortSignal,
): Promise<TransportConnection> {
  const { label } = endpoint;
  const { connectionTimeoutMs, connectionName, heartbeatMs, confirms } = options;
  let reached: Reached = "nothing";
  const deadline = connectDeadline(label, connectionTimeoutMs, signal, () => reached);
  let wire: Wire | undefined;
  try {
    const opening = await deadline.race(dialect.begin(endpoint, lane));
    const socket = await deadline.race(dialed(opening, deadline.signal));
    reached = "host";
    const containerId = `${connectionName}#${lane.index}`;
    wire = wireOn({ opening, socket, containerId, heartbeatMs });
    await deadline.race(wire.opened.catch((error) => whyRefused(error, opening, deadline.signal)));
    reached = "broker";
    const setup = { wire, dialect, opening, confirms, suspects, timeoutMs: connectionTimeoutMs, label };
    const connection = laneConnection(setup);
    const lost = connection.closed.then((error) => {
      throw error ?? new Error("Closed");
    });
    lost.catch(() => {});
    const prepared = async () => {
      await opening.ready?.(connection.open);
      if (dialect.firstAddress !== undefined) await connection.attach(dialect.firstAddress);
    };
    await deadline.race(Promise.race([prepared(), lost]));
    endAfterStandstill({ heartbeatMs, label, closed: connection.closed, fail: connection.open.fail });
    return connection;
  } catch (error) {
    wire?.end({ stage: "open", description: "Given up" });
    wire?.socket.destroy();
    if (deadline.signal.aborted) throw deadline.signal.reason;
    throw error instanceof TransportNotInstalledError ? error : failure(error, dialect, label);
  } finally {
    deadline.done();
  }
}

async function whyRefused(error: unknown, opening: Opening, signal: AbortSignal): Promise<never> {
  if (!(error instanceof FaultError) || error.fault.stage !== "open") throw error;
  const fault = await opening.whyRefused?.(error.fault, signal).catch(() => undefined);
  throw fault ? new FaultError(fault) : error;
}

/** One that is there only after the time was up is let go. */
function dialed(opening: Opening, signal: AbortSignal): Promise<Duplex> {
  const dialing = opening.dial(signal);
  dialing.then(
    (socket) => signal.aborted && socket.destroy(),
    () => {},
  );
  return dialing;
}
