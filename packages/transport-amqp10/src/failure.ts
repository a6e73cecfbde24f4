import { TransportError } from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import {
  classifySocketError,
  errorOf,
  rabbitmqHints,
  silentPeer,
  type Verdict,
  verdict,
} from "@streamll/transport-kit";
import type { Dialect, Fault } from "./dialect.js";
import { FaultError } from "./fault.js";
import { SILENT, SPEAKS_TLS } from "./wire.js";

/** Puts whatever was thrown in the terms of the seam. */
export function failure(error: unknown, dialect: Pick<Dialect, "failure">, label: string): TransportError {
  if (error instanceof TransportError) return error;
  const fault: Fault =
    error instanceof FaultError ? error.fault : { stage: "socket", description: textOf(error), cause: error };
  return dialect.failure(fault, label);
}

/** The verdict as an error that names the endpoint, and what the other end said. */
export function faultError(
  { condition, description, cause }: Fault,
  meaning: Verdict,
  label: string,
): TransportError {
  const said = condition === undefined || description === condition ? "" : `${condition}: `;
  return errorOf(meaning, `${label}: ${said}${description}`, cause);
}

/** Of the network, of TLS, and of an other end that speaks something else: the same whatever the broker is. */
export function classifySocket({ stage, description, cause }: Fault): Verdict {
  if (description === SPEAKS_TLS)
    return verdict("tls", true, "Use amqps://, or the broker's plain port (5672)");
  const plain = "The port does not speak TLS: use its TLS port (5671)";
  const fault = classifySocketError(cause ?? new Error(description), { plain });
  if (fault) return fault;
  if (description === SILENT) return silentPeer;
  if (/protocol header|AMQP version|protocol id|SASL layer|frame type|data offset/.test(description))
    return verdict("protocol", stage === "open", "The other end does not speak AMQP 1.0");
  if (/ended by the other party/.test(description))
    return verdict("unreachable", false, "The other end hung up: see the broker's log");
  return verdict("protocol", false, rabbitmqHints.SEE_THE_LOG);
}
