import { isError, textOf } from "@streamll/core/internal";

/** Why a socket did not come about, or ended: `plain`: the other end does not speak TLS. */
export type SocketFault =
  | "timeout"
  | "unknown-host"
  | "unreachable"
  | "plain"
  | "certificate-required"
  | "certificate";

const unreachable = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "EADDRNOTAVAIL",
]);

/** By what Node and OpenSSL call it; `undefined` for what is no fault of the network or of TLS. */
export function socketFaultOf(error: unknown): SocketFault | undefined {
  const code = codeOf(error) ?? "";
  if (code === "ETIMEDOUT") return "timeout";
  if (code === "ENOTFOUND") return "unknown-host";
  if (unreachable.has(code)) return "unreachable";
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code) || /wrong version number/.test(textOf(error)))
    return "plain";
  if (/CERTIFICATE_REQUIRED/.test(code)) return "certificate-required";
  return /CERT|SIGNED|SIGNATURE|ISSUER|CRL|ERR_TLS|ERR_SSL|EPROTO|ERR_OSSL/.test(code)
    ? "certificate"
    : undefined;
}

function codeOf(error: unknown): string | undefined {
  if (!isError(error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : undefined;
}
