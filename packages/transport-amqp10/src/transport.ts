import type { Duplex } from "node:stream";
import type { Endpoint, LaneContext, Transport, TransportConnection, TransportOptions } from "@streamll/core";
import { connectDeadline, type Reached } from "@streamll/core/internal";
import { laneConnection } from "./connection.js";
import type { Dialect, Opening } from "./dialect.js";
import { failure } from "./failure.js";
import { type Wire, wireOn } from "./wire.js";

/** AMQP 1.0 in the dialect of one broker. */
export function amqp10(options: TransportOptions, dialect: Dialect): Transport {
  return {
    name: dialect.name,
    capabilities: dialect.capabilities,
    connect: (endpoint, lane, signal) => connectLane(options, dialect, endpoint, lane, signal),
  };
}

async function connectLane(
  options: TransportOptions,
  dialect: Dialect,
  endpoint: Endpoint,
  lane: LaneContext,
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
    await deadline.race(wire.opened);
    reached = "broker";
    const setup = { wire, dialect, opening, confirms, timeoutMs: connectionTimeoutMs, label };
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
    return connection;
  } catch (error) {
    wire?.end({ stage: "open", description: "Given up" });
    wire?.socket.destroy();
    if (deadline.signal.aborted) throw deadline.signal.reason;
    throw failure(error, dialect, label);
  } finally {
    deadline.done();
  }
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
