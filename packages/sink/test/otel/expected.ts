import { deliveryErrorCodes } from "@streamll/core";
import { expect } from "vitest";
import { version } from "../../src/version.js";
import type { Played } from "./scene.js";

const place = {
  "messaging.system.name": "memory",
  "messaging.system": "memory",
  "messaging.destination.template": "streamll_events:streamll.{event_type}.{operation}",
};
const publish = { ...place, "messaging.operation.name": "publish", "messaging.operation.type": "send" };

const withValues = (attributes: object, values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { ...attributes, value }]));

/** Checks what the scene gives, which does not depend on the version of the SDK. */
export function checkPlayed({ running, stopped, spans, scopes }: Played): void {
  // Four events in the first batch, the refused one again in the second.
  expect(running).toEqual({
    ...withValues(publish, {
      "messaging.client.sent.messages {message}": 3,
      "messaging.client.sent.messages {message} TRANSPORT_NACK": 2,
      "messaging.client.operation.duration s TRANSPORT_NACK": 2,
    }),
    ...withValues(place, {
      "streamll.sink.event.queue.size {event}": 0,
      "streamll.sink.event.queue.capacity {event}": 500,
      "streamll.sink.event.inflight {event}": 0,
      "streamll.sink.event.exported {event}": 3,
      ...Object.fromEntries(
        deliveryErrorCodes.map((code) => [`streamll.sink.event.exported {event} ${code}`, 0]),
      ),
      "streamll.sink.event.exported {event} RETRIES_EXHAUSTED": 1,
      "streamll.sink.event.rejected {event}": 0,
      "streamll.sink.connection.open {connection}": 1,
      "streamll.sink.connection.reconnects {connection}": 0,
      "streamll.sink.problem {problem} TRANSPORT_NACK": 1,
      "streamll.sink.problem {problem} RETRIES_EXHAUSTED": 1,
    }),
  });
  // Those of a sink that has stopped are collected once more.
  expect(stopped).toMatchObject({
    "streamll.sink.event.exported {event}": { value: 4 },
    "streamll.sink.connection.open {connection}": { value: 0 },
    "messaging.client.operation.duration s": { value: 1 },
  });

  const span = {
    name: "publish streamll_events:streamll.{event_type}.{operation}",
    kind: 2,
    parent: null,
    scope: "@streamll/sink",
  };
  const refused = { "error.type": "TRANSPORT_NACK" };
  const links = ["00f067aa0ba902b7", "b7ad6b7169203331"];
  const failed = { code: 2, message: expect.stringContaining("did not take the message") };
  expect(spans).toEqual([
    {
      ...span,
      attributes: { ...publish, ...refused, "messaging.batch.message_count": 4 },
      links,
      status: failed,
    },
    {
      ...span,
      attributes: { ...publish, ...refused, "messaging.batch.message_count": 1 },
      links: ["00f067aa0ba902b7"],
      status: failed,
    },
    {
      ...span,
      attributes: { ...publish, "messaging.batch.message_count": 1 },
      links: [],
      status: { code: 0 },
    },
  ]);
  expect(scopes).toEqual([{ name: "@streamll/sink", version }]);
}
