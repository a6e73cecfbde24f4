import type { Endpoint, LaneContext, Transport, TransportConnection, TransportOptions } from "@streamll/core";
import { endAfterStandstill, type Suspects, suspectsByLane } from "@streamll/transport-kit";
import { laneConnection } from "./connection.js";
import type { ConsumingDialect } from "./consuming/consumer.js";
import { subscribe } from "./consuming/subscribe.js";
import type { Dialect } from "./dialect.js";
import { openWire } from "./open-wire.js";

/** AMQP 1.0 in the dialect of one broker. */
export function amqp10(options: TransportOptions, dialect: Dialect, consuming?: ConsumingDialect): Transport {
  const suspectsOf = suspectsByLane();
  return {
    name: dialect.name,
    capabilities: dialect.capabilities,
    connect: (endpoint, lane, signal) =>
      connectLane({ options, dialect, endpoint, lane, suspects: suspectsOf(lane) }, signal),
    ...(consuming && {
      consuming: {
        ...consuming.capabilities,
        subscribe: (endpoint, request, signal) =>
          subscribe({ options, dialect, consuming, endpoint, request }, signal),
      },
    }),
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
  const containerId = `${connectionName}#${lane.index}`;
  return openWire(
    { options, dialect, endpoint, lane, containerId },
    signal,
    async (attempt, opening, wire) => {
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
    },
  );
}
