import type { Endpoint } from "@streamll/core";

/** Reads an endpoint from a URL, as a sink does: userinfo and path percent-decoded, no password in the label. */
export function endpointOf(place: Endpoint | string): Endpoint {
  if (typeof place !== "string") return place;
  const url = new URL(place);
  const { username, password } = url;
  url.password = "";
  return {
    scheme: url.protocol.slice(0, -1),
    host: url.hostname,
    ...(url.port !== "" && { port: Number(url.port) }),
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
    path: decodeURIComponent(url.pathname.replace(/^\//, "")),
    query: Object.fromEntries(url.searchParams),
    label: url.href,
  };
}
