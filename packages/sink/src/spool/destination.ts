import type { Endpoint } from "@streamll/core";
import { destinationOf, streamOr } from "../otel/place.js";
import type { Plan } from "../resolve.js";

/** Where a sink sends its events. */
export interface Destination {
  /** The exchange or stream. Sinks of another one do not deliver what a folder holds. Brokers move, so they do not count. */
  readonly route: string;
  /** For people: without login. */
  readonly text: string;
}

export function destinationIn(plan: Plan): Destination {
  const { endpoints, exchange, connection } = plan;
  const [{ scheme, host, port, path }, ...others] = endpoints as [Endpoint, ...Endpoint[]];
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const vhost = path === "/" ? "" : path;
  const address = `${scheme}://${host}${port === undefined ? "" : `:${port}`}/${vhost}${more}`;
  return {
    route: streamOr(exchange, connection.own),
    text: `${address} ${destinationOf(plan)}`,
  };
}

export const isDestination = (given: Partial<Destination> | undefined): given is Destination =>
  typeof given?.route === "string" && typeof given.text === "string";
