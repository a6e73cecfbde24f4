import { isStreamllError } from "../../copies.js";
import type { StreamllError } from "../../errors.js";
import type { TransportConnection } from "../../transport.js";

// The state that a connection reports. A custom transport may throw.

/** The fault of a connection that has not ended. */
export function problemOf(connection: TransportConnection | undefined): StreamllError | undefined {
  try {
    const problem = connection?.problem;
    return isStreamllError(problem) ? problem : undefined;
  } catch {
    return undefined;
  }
}

export function drainedBytesOf(connection: TransportConnection | undefined): number {
  try {
    return connection?.drainedBytes?.() ?? 0;
  } catch {
    return 0;
  }
}
