import { isIPv6 } from "node:net";
import { Refusal } from "@streamll/core/options";

/** The longest name in the DNS. */
const MAX_HOST_LENGTH = 253;

/** Letters of any script, which Node encodes for the DNS; names in Docker may have `_`. */
const hostName = /^[\p{L}\p{M}\p{N}._~-]*$/u;

/**
 * Reads `host:port`. No part of it is repeated: it may be a piece of a password.
 *
 * @throws Refusal
 */
export function readHost(text: string): { readonly host: string; readonly port?: number } {
  if (text.includes(","))
    throw new Refusal("one URL has one host: write several URLs, as a list or separated by commas");
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text);
  if (match === null || text.length > MAX_HOST_LENGTH + 10) throw unreadable();
  const [, bracketed, name = "", portText = ""] = match;
  const host = bracketed === undefined ? name : addressOf(bracketed);
  if (bracketed === undefined && !hostName.test(name)) throw unreadable();
  return portText === "" ? { host } : { host, port: portOf(portText) };
}

/** A zone is written `%25eth0`, since a `%` begins an escape (RFC 6874); `%eth0` means the same. */
function addressOf(bracketed: string): string {
  const address = bracketed.replace("%25", "%");
  if (!isIPv6(address)) throw new Refusal("the text in brackets is not an IPv6 address");
  return address;
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Refusal("the port must be a number from 1 to 65535");
}

const unreadable = () =>
  new Refusal(
    "the host cannot be read: it must be a name of letters, digits, - and ., or an address (IPv6 in brackets: [::1])",
  );
