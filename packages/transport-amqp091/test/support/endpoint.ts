import type { Endpoint } from "@streamll/core";

/** An endpoint as the sink makes it from a URL. */
export function parse(text: string): Endpoint {
  const url = new URL(text);
  const label = new URL(text);
  if (label.password) label.password = "***";
  return {
    scheme: url.protocol.slice(0, -1),
    host: url.hostname,
    port: Number(url.port || (url.protocol === "amqps:" ? 5671 : 5672)),
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    path: decodeURIComponent(url.pathname.slice(1)),
    query: {},
    label: label.href,
  };
}
