import type { Endpoint } from "@streamll/core";
import type { Attributes, Span } from "./api.js";

// Of the API's enumerations, which must not be imported.
export const CLIENT_SPAN = 2;
export const CONSUMER_SPAN = 4;
const ERROR = 2;

/** OpenTelemetry keeps as many links of a span, and drops the others. */
export const MAX_LINKS = 128;

/** As the semantic conventions for messaging name them for durations, in seconds. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** `messaging.system.name` of the semantic conventions, and the older `messaging.system`, by our transports' names. */
const systems: Readonly<Record<string, readonly [name: string, older: string]>> = {
  amqp091: ["rabbitmq", "rabbitmq"],
  amqp10: ["rabbitmq", "rabbitmq"],
  streams: ["rabbitmq", "rabbitmq"],
  "service-bus": ["azure.servicebus", "servicebus"],
  pubsub: ["gcp_pubsub", "gcp_pubsub"],
};

/**
 * @param transport its name; any other is that of the system.
 * @param client the option `connectionName`, if it is set: it tells clients of one destination apart. Its default
 *   contains the process id, so each start would be a new series.
 */
export function systemAttributes(transport: string, client: string | undefined): Attributes {
  const [system, older] = systems[transport] ?? [transport, transport];
  return {
    "messaging.system.name": system,
    "messaging.system": older,
    ...(client === undefined ? {} : { "messaging.client.id": client }),
  };
}

const serverAttributes = ({ host, port }: Endpoint): Attributes => ({
  ...(host === "" ? {} : { "server.address": host }),
  ...(port === undefined ? {} : { "server.port": port }),
});

/** The attributes of an operation, by its endpoint and error; the same object for the same values: a program has few. */
export class OperationAttributes {
  readonly #place: Attributes;
  readonly #kept = new Map<string, Attributes>();

  constructor(place: Attributes) {
    this.#place = place;
  }

  /** @param errorType `""` for none. */
  of(endpoint: Endpoint, errorType: string): Attributes {
    const key = `${endpoint.label} ${errorType}`;
    let attributes = this.#kept.get(key);
    if (attributes === undefined) {
      const error = errorType === "" ? {} : { "error.type": errorType };
      attributes = { ...this.#place, ...serverAttributes(endpoint), ...error };
      if (this.#kept.size < MOST_KEPT) this.#kept.set(key, attributes);
    }
    return attributes;
  }
}

/** Codes of errors may be the program's own, and it may make them up. */
const MOST_KEPT = 1000;

/** @param errorType `""` for none. */
export function endSpan(span: Span, errorType: string, message?: string): void {
  if (errorType !== "") {
    span.setAttribute("error.type", errorType);
    span.setStatus({ code: ERROR, ...(message === undefined ? {} : { message }) });
  }
  span.end();
}
