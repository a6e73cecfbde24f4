import { CHECK_THE_BROKER, isError, textOf } from "@streamll/core/internal";
import { type Verdict, verdict } from "../verdict.js";

/** Why a socket did not come about, or ended. */
export type SocketFault =
  | "timeout"
  | "unknown-host"
  | "unreachable"
  /** The other end closed it without an error. */
  | "closed"
  /** The other end does not speak TLS. */
  | "plain"
  /** The other end closed it before TLS was agreed on: it does not speak TLS, or it was just going down. */
  | "tls-cut"
  /** The other end asks for a certificate of the client. */
  | "certificate-required"
  | "certificate";

/** Of a peer from which nothing came for two heartbeats, or that does not acknowledge what it is sent. */
export const silentPeer: Verdict = verdict("timeout", false, CHECK_THE_BROKER);

const verdicts: Readonly<Record<SocketFault, Verdict>> = {
  timeout: silentPeer,
  "unknown-host": verdict("unreachable", false, "Check the host's name"),
  unreachable: verdict("unreachable", false, "Check host and port, and that the broker runs"),
  closed: verdict("unreachable", false, "The other end hung up: see the broker's log"),
  plain: verdict("tls", true, "The port does not speak TLS"),
  "tls-cut": verdict("tls", false, "The other end hung up on TLS: check that it speaks TLS on this port"),
  "certificate-required": verdict(
    "tls",
    true,
    "The broker asks for a certificate of yours: set tls.cert and tls.key",
  ),
  certificate: verdict(
    "tls",
    true,
    "Check the certificates: tls.ca, tls.servername, tls.cert, tls.key and tls.passphrase",
  ),
};

const unreachable = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EAI_AGAIN",
  "EPIPE",
  "EADDRNOTAVAIL",
]);

/**
 * What an error of a socket means, by what Node and OpenSSL call it; `undefined` for what is no fault of the network or
 * of TLS.
 *
 * @param hints in place of the general ones, where the transport knows more: its ports, its schemes.
 * @example
 * classifySocketError(error, { plain: "The port does not speak TLS: use redis-streams://" });
 */
export function classifySocketError(
  error: unknown,
  hints: Readonly<Partial<Record<SocketFault, string>>> = {},
): Verdict | undefined {
  const fault = socketFaultOf(error);
  if (fault === undefined) return undefined;
  const { [fault]: hint } = hints;
  return hint === undefined ? verdicts[fault] : { ...verdicts[fault], hint };
}

function socketFaultOf(error: unknown): SocketFault | undefined {
  const code = codeOf(error) ?? "";
  const text = textOf(error);
  // Node gives it the code of any connection that was cut.
  if (text.includes("before secure TLS connection was established")) return "tls-cut";
  if (code === "ETIMEDOUT") return "timeout";
  if (code === "ENOTFOUND") return "unknown-host";
  if (unreachable.has(code)) return "unreachable";
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code) || /wrong version number/.test(text))
    return "plain";
  if (/CERTIFICATE_REQUIRED/.test(code)) return "certificate-required";
  if (/CERT|SIGNED|SIGNATURE|ISSUER|CRL|ERR_TLS|ERR_SSL|EPROTO|ERR_OSSL/.test(code)) return "certificate";
  return text === SOCKET_CLOSED || text.startsWith(`${SOCKET_CLOSED} `) ? "closed" : undefined;
}

const SOCKET_CLOSED = "Socket closed";

/** The error for a socket that closed without one of its own; {@link classifySocketError} knows it. */
export const socketClosed = (): Error => new Error(SOCKET_CLOSED);

function codeOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : undefined;
}
