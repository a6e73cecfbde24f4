import {
  type Endpoint,
  type LaneContext,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { type ConnectAttempt, connectWithin } from "@streamll/transport-kit";
import type { Dialect, Opening } from "./dialect.js";
import { failure } from "./failure.js";
import { FaultError } from "./fault.js";
import { type Wire, wireOn } from "./wire.js";

export interface WireRequest {
  readonly options: TransportOptions;
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  readonly lane: LaneContext;
  /** Shown by the broker. */
  readonly containerId: string;
}

/**
 * Opens a connection and logs in; `steps` are what follows, within the same time.
 *
 * @throws TransportError
 */
export function openWire<T>(
  { options, dialect, endpoint, lane, containerId }: WireRequest,
  signal: AbortSignal,
  steps: (attempt: ConnectAttempt, opening: Opening, wire: Wire) => Promise<T>,
): Promise<T> {
  const { label } = endpoint;
  const { connectionTimeoutMs: timeoutMs, heartbeatMs } = options;
  const failed = (error: unknown) =>
    error instanceof TransportNotInstalledError ? error : failure(error, dialect, label);
  return connectWithin({ label, timeoutMs, signal, failure: failed }, async (attempt) => {
    const opening = await attempt.race(dialect.begin(endpoint, lane));
    const socket = await attempt.race(opening.dial(attempt));
    attempt.onFailure(() => socket.destroy());
    attempt.reached("host");
    const wire = wireOn({ opening, socket, containerId, heartbeatMs });
    attempt.onFailure(() => wire.end({ stage: "open", description: "Given up" }));
    await attempt.race(wire.opened.catch((error) => whyRefused(error, opening, attempt.signal)));
    attempt.reached("broker");
    return steps(attempt, opening, wire);
  });
}

async function whyRefused(error: unknown, opening: Opening, signal: AbortSignal): Promise<never> {
  if (!(error instanceof FaultError) || error.fault.stage !== "open") throw error;
  const fault = await opening.whyRefused?.(error.fault, signal).catch(() => undefined);
  throw fault ? new FaultError(fault) : error;
}
