import { expect } from "vitest";
import { version } from "../../src/version.js";
import { type Played, publisher } from "./scene.js";

const place = {
  "messaging.system.name": "memory",
  "messaging.system": "memory",
  "messaging.destination.name": "team",
};
const process = { ...place, "messaging.operation.name": "process", "messaging.operation.type": "process" };

const withValues = (attributes: object, values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { ...attributes, value }]));

/** Checks what the scene gives, which does not depend on the version of the SDK. */
export function checkPlayed({ running, stopped, spans, scopes, isBelow }: Played): void {
  expect(running).toEqual({
    ...withValues(process, {
      "messaging.client.consumed.messages {message}": 2,
      "messaging.client.consumed.messages {message} RETRY_LATER": 1,
      "messaging.client.consumed.messages {message} NO_TOKENS": 1,
      "messaging.process.duration s": 2,
      "messaging.process.duration s RETRY_LATER": 1,
      "messaging.process.duration s NO_TOKENS": 1,
    }),
    ...withValues(place, {
      "streamll.consumer.event.received {event}": 3,
      "streamll.consumer.event.handled {event}": 2,
      "streamll.consumer.event.retried {event}": 1,
      "streamll.consumer.event.dead_lettered {event}": 1,
      "streamll.consumer.event.duplicate {event}": 0,
      "streamll.consumer.event.given_back {event}": 0,
      "streamll.consumer.event.inflight {event}": 0,
      "streamll.consumer.event.queue.size {event}": 0,
      "streamll.consumer.connection.open {connection}": 1,
      "streamll.consumer.connection.reconnects {connection}": 0,
      "streamll.consumer.problem {problem} RETRY_LATER": 1,
      "streamll.consumer.problem {problem} NO_TOKENS": 1,
    }),
  });
  // Those of a consumer that has stopped are collected once more.
  expect(stopped).toMatchObject({
    "streamll.consumer.event.handled {event}": { value: 2 },
    "streamll.consumer.connection.open {connection}": { value: 0 },
  });

  const spanOf = (type: string, error?: string) => ({
    ...{ name: "process team", kind: 4, parent: null, scope: "@streamll/consumer" },
    links: [publisher.spanId],
    attributes: {
      ...process,
      "messaging.message.id": `event-${type}`,
      "messaging.message.conversation_id": "run",
      ...(error === undefined ? {} : { "error.type": error }),
    },
    status: { code: error === undefined ? 0 : 2 },
  });
  expect(spans).toEqual([
    spanOf("fine"),
    spanOf("later", "RETRY_LATER"),
    spanOf("later"),
    spanOf("never", "NO_TOKENS"),
  ]);
  expect(isBelow).toBe(true);
  expect(scopes).toEqual([{ name: "@streamll/consumer", version }]);
}
