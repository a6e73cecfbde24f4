import type { MessageHeaders } from "@streamll/core";

// What the service takes: https://cloud.google.com/pubsub/quotas#resource_limits
const MOST_ATTRIBUTES = 100;
const LONGEST_NAME = 256;
const LONGEST_VALUE = 1024;

/** Attributes that stand for the properties of a message; a header of such a name gives way. */
const propertyNames = [
  ...["message_id", "correlation_id", "type", "timestamp", "content_type", "content_encoding"],
  ...["routing_key", "app_id"],
] as const;

const properties: ReadonlySet<string> = new Set(propertyNames);

export const isProperty = (name: string): boolean => properties.has(name);

/** The service would refuse the message, and with it its whole request. The text goes on after "the event". */
export class Unsendable extends Error {
  readonly kind: "protocol" | "too-large";

  constructor(message: string, kind: "protocol" | "too-large" = "protocol") {
    super(message);
    this.kind = kind;
  }
}

/** The value of an attribute as JSON. @throws Unsendable */
export function valueText(value: string): string {
  if (value.length * 3 <= LONGEST_VALUE || Buffer.byteLength(value) <= LONGEST_VALUE)
    return JSON.stringify(value);
  throw new Unsendable(`has a header of more than ${LONGEST_VALUE} bytes: shorten it, or leave it out`);
}

/** The headers as attributes, in JSON and each with a comma before it. @throws Unsendable */
export function headersText(headers: MessageHeaders): string {
  let text = "";
  let left = MOST_ATTRIBUTES - propertyNames.length;
  const add = (name: string, value: string) => {
    if (--left < 0) throw new Unsendable(`has more than ${MOST_ATTRIBUTES} attributes: send fewer headers`);
    text += `,${JSON.stringify(name)}:${valueText(value)}`;
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value === null || isProperty(name)) continue;
    if (name === "" || Buffer.byteLength(name) > LONGEST_NAME || /^goog/i.test(name))
      throw new Unsendable(
        `has a header that is empty, longer than ${LONGEST_NAME} bytes or begins with goog: rename it`,
      );
    add(name, String(value));
  }
  // Google's subscribers find the trace under this name: https://cloud.google.com/pubsub/docs/open-telemetry-tracing
  if (typeof headers.traceparent === "string") add("googclient_traceparent", headers.traceparent);
  return text;
}
