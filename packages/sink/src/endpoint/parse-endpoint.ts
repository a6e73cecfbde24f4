import type { Endpoint } from "@streamll/core";
import { Refusal } from "../options/option.js";

/** Scheme, what follows `//`, path, query, fragment: RFC 3986, appendix B. */
const parts = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/is;

/**
 * Reads a URL. Userinfo and path are percent-decoded as UTF-8, which neither `URL` (schemes it does not know)
 * nor amqplib (Latin-1) does. What it says of a wrong one never holds a part that may be the password.
 */
export function parseEndpoint(url: string): Endpoint | Refusal {
  const match = parts.exec(url.trim());
  // host:5672 reads like a scheme and a path.
  if (match === null || (match[2] === undefined && /^\d+\/?$/.test(match[3]!)))
    return new Refusal('it is no URL; write for example "amqp://user:password@host:5672/vhost"');
  const [, schemeGiven, authority = "", rest = "", queryText = "", fragment] = match;
  const scheme = schemeGiven!.toLowerCase();
  const at = authority.lastIndexOf("@");
  // Behind the host it may be the end of a password with a / or ? in it.
  const strayAt = `${rest}${queryText}`.includes("@") && (isAmqp(scheme) || (at < 0 && authority !== ""));
  if (fragment !== undefined || strayAt) {
    return new Refusal(
      "a / ? # or @ in the user name, password or vhost must be percent-encoded (%2F %3F %23 %40)",
    );
  }
  try {
    const [username, password] = at < 0 ? [] : userinfo(authority.slice(0, at));
    const { host, port } = hostAndPort(authority.slice(at + 1));
    if (host === "" && isAmqp(scheme)) throw new Refusal("the host is missing");
    const path = decode(rest.replace(/^\//, ""), "path");
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

/** Gives an endpoint the label that messages and logs show, without its password and its query. */
export function withLabel(endpoint: Omit<Endpoint, "label">): Endpoint {
  const { scheme, host, port, username, password, path } = endpoint;
  const user = username === undefined ? "" : encodeURIComponent(username);
  const login = password === undefined ? (user === "" ? "" : `${user}@`) : `${user}:***@`;
  const address = `${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`;
  const place = isAmqp(scheme) ? encodeURIComponent(path === "/" ? "" : path) : path;
  const label = address === "" ? `${scheme}:${place}` : `${scheme}://${login}${address}/${place}`;
  return { ...endpoint, label };
}

function userinfo(text: string): [string, string | undefined] {
  const colon = text.indexOf(":");
  if (colon < 0) return [decode(text, "user name"), undefined];
  return [decode(text.slice(0, colon), "user name"), decode(text.slice(colon + 1), "password")];
}

function hostAndPort(text: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^\s:[\]%]*))(?::([^:]*))?$/i.exec(text);
  if (match === null)
    throw new Refusal("the host cannot be read (an IPv6 address stands in brackets: [::1])");
  const [, ipv6, name = "", portText = ""] = match;
  const port = portText === "" ? undefined : Number(portText);
  if (port !== undefined && !(/^\d+$/.test(portText) && port >= 1 && port <= 65_535)) {
    throw new Refusal("the port must be a number from 1 to 65535");
  }
  return { host: ipv6 ?? name, port };
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(
      `the percent-encoding of the ${what} is broken: a % itself is written %25, and bytes are UTF-8`,
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
