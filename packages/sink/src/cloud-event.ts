import type { MessageHeaders, StreamllEvent } from "@streamll/core";

// CloudEvents 1.0.2: attributes (3), and the AMQP protocol binding (3.1), whose current text has `_` where earlier ones
// had `:`.

type Attributes = { [name: string]: string };

/** The attributes of an event, in the order in which they are written. */
function attributesOf({ eventId, moduleName, eventType, timestamp, ...event }: StreamllEvent): Attributes {
  const attributes: Attributes = {
    specversion: "1.0",
    id: eventId,
    source: `/streamll/${encodeURIComponent(moduleName)}`,
    type: `streamll.${eventType}`,
    time: timestamp,
  };
  if (event.operation) attributes.subject = event.operation;
  if (event.executionId !== "") attributes.executionid = event.executionId;
  if (event.parentId) attributes.parentid = event.parentId;
  return attributes;
}

/** Of a span that is active: the distributed tracing extension. */
const traceOf = ({ traceparent, tracestate }: MessageHeaders): Attributes => ({
  ...(typeof traceparent === "string" ? { traceparent } : {}),
  ...(typeof tracestate === "string" ? { tracestate } : {}),
});

/** The event as a CloudEvent in structured mode; `json` is its own JSON. */
export function structuredCloudEvent(event: StreamllEvent, headers: MessageHeaders, json: string): string {
  const head = JSON.stringify({
    ...attributesOf(event),
    ...traceOf(headers),
    datacontenttype: "application/json",
  });
  return `${head.slice(0, -1)},"data":${json}}`;
}

/** What a message in binary mode has as application properties, beside its headers. */
export function cloudEventHeaders(event: StreamllEvent, headers: MessageHeaders): MessageHeaders {
  const attributes = Object.entries({ ...attributesOf(event), ...traceOf(headers) });
  return {
    ...headers,
    ...Object.fromEntries(attributes.map(([name, value]) => [`cloudEvents_${name}`, value])),
  };
}
