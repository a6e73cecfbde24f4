import { isIPv6 } from "node:net";
import { Refusal } from "@streamll/core/options";

/** Of a name in the DNS. */
const LONGEST_HOST = 253;

/** Letters of any script, which Node writes as the DNS has them; Docker has names with `_`. */
const hostName = /^[\p{L}\p{M}\p{N}._~-]*$/u;

/**
 * Reads `host:port`. No part of it is repeated: it may be a piece of a password.
 *
 * @throws Refusal
 */
export function readHost(text: string): { readonly host: string; readonly port?: number } {
  if (text.includes(","))
    throw new Refusal("one URL has one host: write several URLs, in a list or with a comma between them");
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text);
  if (match === null || text.length > LONGEST_HOST + 10) throw unreadable();
  const [, bracketed, name = "", portText = ""] = match;
  const host = bracketed === undefined ? name : addressOf(bracketed);
  if (bracketed === undefined && !hostName.test(name)) throw unreadable();
  return portText === "" ? { host } : { host, port: portOf(portText) };
}

/** A zone is written `%25eth0`, since a `%` begins an escape (RFC 6874); `%eth0` is meant in the same way. */
function addressOf(bracketed: string): string {
  const address = bracketed.replace("%25", "%");
  if (!isIPv6(address)) throw new Refusal("what stands in brackets is no IPv6 address");
  return address;
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Refusal("the port must be a number from 1 to 65535");
}

const unreadable = () =>
  new Refusal(
    "the host cannot be read: it is a name of letters, digits, - and ., or an address (one of IPv6 stands in brackets: [::1])",
  );
