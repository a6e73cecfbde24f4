import { TransportError, type TransportErrorKind } from "@streamll/core";
import { textOf } from "@streamll/core/internal";
import { socketFaultOf } from "@streamll/transport-kit";
import type { Dialect, Fault } from "./dialect.js";
import { FaultError } from "./fault.js";
import { SILENT, SPEAKS_TLS } from "./wire.js";

export interface Verdict {
  readonly kind: TransportErrorKind;
  readonly permanent: boolean;
  /** What to do. */
  readonly hint: string;
}

export const transportError = (
  kind: TransportErrorKind,
  message: string,
  options: ErrorOptions & { permanent?: boolean } = {},
) => new TransportError(kind, message, options);

/** Puts whatever was thrown in the terms of the seam. */
export function failure(error: unknown, dialect: Pick<Dialect, "failure">, label: string): TransportError {
  if (error instanceof TransportError) return error;
  const fault: Fault =
    error instanceof FaultError ? error.fault : { stage: "socket", description: textOf(error), cause: error };
  return dialect.failure(fault, label);
}

/** The verdict as an error that names the endpoint, and what the other end said. */
export function judged(
  { condition, description, cause }: Fault,
  { kind, permanent, hint }: Verdict,
  label: string,
): TransportError {
  const said = condition === undefined || description === condition ? "" : `${condition}: `;
  return transportError(kind, `${label}: ${said}${description}. ${hint}`, { cause, permanent });
}

/** Of the network, of TLS, and of an other end that speaks something else: the same whatever the broker is. */
export function judgeSocket({ stage, description, cause }: Fault): Verdict {
  if (description === SPEAKS_TLS)
    return { kind: "tls", permanent: true, hint: "Use amqps://, or the broker's plain port (5672)" };
  switch (socketFaultOf(cause ?? new Error(description))) {
    case "timeout":
      return hangs;
    case "unknown-host":
      return { kind: "unreachable", permanent: false, hint: "Check the host's name" };
    case "unreachable":
      return { kind: "unreachable", permanent: false, hint: "Check host and port, and that the broker runs" };
    case "plain":
      return { kind: "tls", permanent: true, hint: "The port does not speak TLS: use its TLS port (5671)" };
    case "certificate-required":
      return {
        kind: "tls",
        permanent: true,
        hint: "The broker asks for a certificate of yours: set tls.cert and tls.key",
      };
    case "certificate":
      return {
        kind: "tls",
        permanent: true,
        hint: "Check the certificates: tls.ca, tls.servername, tls.cert, tls.key and tls.passphrase",
      };
  }
  if (description === SILENT) return hangs;
  if (/protocol header|AMQP version|protocol id|SASL layer|frame type|data offset/.test(description)) {
    return { kind: "protocol", permanent: stage === "open", hint: "The other end does not speak AMQP 1.0" };
  }
  if (/Socket closed|ended by the other party/.test(description)) {
    return { kind: "unreachable", permanent: false, hint: "The other end hung up: see the broker's log" };
  }
  return { kind: "protocol", permanent: false, hint: "See the broker's log" };
}

const hangs: Verdict = {
  kind: "timeout",
  permanent: false,
  hint: "The broker hangs, or the network swallows what is sent",
};
