import type { Endpoint } from "@streamll/core";
import { Refusal } from "@streamll/core/options";
import { readHost } from "./host.js";

/** Scheme, what follows `//`, path, query, fragment: RFC 3986, appendix B. */
const parts = /^([a-z][a-z0-9+.-]{0,40}):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/is;

/** A password may be a token of some thousand characters. */
const MAX_URL_LENGTH = 65_536;

const notAUrl = 'it is not a URL; write for example "amqp://user:password@host:5672/vhost"';

/**
 * Reads a URL. Userinfo and path are percent-decoded as UTF-8, which neither `URL` (schemes it does not know)
 * nor amqplib (Latin-1) does. The message for an invalid one never holds a part that may be the password.
 */
export function parseEndpoint(url: string): Endpoint | Refusal {
  const text = url.trim();
  if (text.length > MAX_URL_LENGTH) return new Refusal(`it is longer than ${MAX_URL_LENGTH} characters`);
  if (/\p{Cc}/u.test(text)) return new Refusal("it contains a control character, such as a line feed");
  const match = parts.exec(text);
  // host:5672 reads like a scheme and a path.
  if (match === null || (match[2] === undefined && /^\d+\/?$/.test(match[3]!))) return new Refusal(notAUrl);
  const [, schemeGiven, authority, rest = "", queryText = "", fragment] = match;
  const scheme = schemeGiven!.toLowerCase();
  const isOpaque = authority === undefined;
  // Behind the host it may be the end of a password with a / or ? in it.
  const isStray = `${rest}${queryText}`.includes("@") && (!isOpaque || isAmqp(scheme));
  if (fragment !== undefined || isStray) {
    return new Refusal(
      "a / ? # or @ in the user name, password or vhost must be percent-encoded (%2F %3F %23 %40)",
    );
  }
  // Without // it is mostly a user and a password; only memory: has a name there.
  if (isOpaque && rest !== "" && (scheme !== "memory" || /[:@]/.test(rest))) return new Refusal(notAUrl);
  try {
    const { username, password, place } = splitAuthority(authority ?? "");
    const { host, port } = readHost(place);
    if (host === "" && needsHost(scheme)) throw new Refusal("the host is missing");
    const path = decode(rest.replace(/^\//, ""), "path");
    if (/\p{Cc}/u.test(path)) throw new Refusal("the path contains a control character");
    if (isAmqp(scheme) && Buffer.byteLength(path) > 255)
      throw new Refusal("the virtual host is longer than 255 bytes");
    return withLabel({
      scheme,
      host,
      ...(port === undefined ? {} : { port }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      // The default vhost of RabbitMQ is named "/".
      path: path === "" && isAmqp(scheme) ? "/" : path,
      query: queryOf(queryText),
    });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

export const isAmqp = (scheme: string): boolean => scheme === "amqp" || scheme === "amqps";

/** Transports of other authors may have none. */
const needsHost = (scheme: string): boolean =>
  isAmqp(scheme) || scheme === "sb" || scheme.startsWith("pubsub") || scheme.startsWith("rabbitmq-stream");

/** Gives an endpoint the label that messages and logs show, without its password and its query. */
export function withLabel(endpoint: Omit<Endpoint, "label">): Endpoint {
  const { scheme, host, port, username = "", password, path } = endpoint;
  // A password that was percent-encoded together with its colon is part of the name.
  const [name = "", ...behindColon] = username.split(/:|%3a/i);
  const user = encoded(name);
  const login =
    password !== undefined || behindColon.length > 0 ? `${user}:***@` : user === "" ? "" : `${user}@`;
  // The zone of an IPv6 address is written %25eth0 (RFC 6874).
  const place = host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
  const address = `${place}${port === undefined ? "" : `:${port}`}`;
  const node = isAmqp(scheme) ? encoded(path === "/" ? "" : path) : path.split("/").map(encoded).join("/");
  const label = address === "" ? `${scheme}:${node}` : `${scheme}://${login}${address}/${node}`;
  return { ...endpoint, label };
}

/** Half a character, as an option may hold it, cannot be encoded. */
const encoded = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));

function splitAuthority(authority: string) {
  const at = authority.lastIndexOf("@");
  const place = authority.slice(at + 1);
  if (at < 0) return { place };
  const userinfo = authority.slice(0, at);
  if (/@[^@]*,/.test(userinfo))
    throw new Refusal(
      "one URL has one host: write several URLs, as a list; percent-encode an @ or , in the password (%40 %2C)",
    );
  const colon = userinfo.indexOf(":");
  if (colon < 0) return { username: decode(userinfo, "user name"), place };
  const username = decode(userinfo.slice(0, colon), "user name");
  return { username, password: decode(userinfo.slice(colon + 1), "password"), place };
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(
      `the percent-encoding of the ${what} is invalid: write a % itself as %25, and bytes in UTF-8`,
    );
  }
}

function queryOf(text: string): Record<string, string> {
  const pairs = text.split("&").filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key, value = ""] = pair.split("=", 2) as [string, string?];
      return [decode(key, "query"), decode(value, "query")];
    }),
  );
}
