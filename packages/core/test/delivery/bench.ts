import type { Logger } from "@streamll/core";
import {
  DeliveryEngine,
  type DeliveryOptions,
  defaultDeliveryOptions,
  type EngineFailure,
  type EventFields,
  PreparedMessage,
} from "@streamll/core/internal";
import { FakeClock } from "./fake-clock.js";
import { FakeTransport, fakeEndpoint } from "./fake-transport.js";

export interface BenchOptions extends Partial<DeliveryOptions> {
  readonly transport?: FakeTransport;
  readonly endpoints?: readonly string[];
  readonly random?: () => number;
  readonly deadLetter?: string;
  readonly logger?: Logger;
}

/** An engine over a fake transport in fake time, with one lane unless a test wants more. */
export function bench({
  transport = new FakeTransport(),
  endpoints = ["one"],
  random = () => 0.5,
  deadLetter,
  logger,
  ...options
}: BenchOptions = {}) {
  const clock = new FakeClock();
  const failures: EngineFailure[] = [];
  const lines: string[] = [];
  const log = (_fields: object, line: string) => lines.push(line);
  const engine = new DeliveryEngine({
    transport,
    clock,
    random,
    logger: logger ?? { debug: log, info: log, warn: log, error: log },
    endpoints: endpoints.map(fakeEndpoint),
    options: { ...defaultDeliveryOptions, connectionPoolSize: 1, ...options },
    onFailure: (failure) => failures.push(failure),
    ...(deadLetter === undefined
      ? {}
      : {
          deadLetter: { exchange: deadLetter, from: "events", routingKey: (m) => `failed.${m.routingKey}` },
        }),
  });
  return { engine, transport, clock, failures, lines };
}

let ids = 0;

/** A sink gives consecutive events the same object. */
const noHeaders = {};

export function message(fields: Partial<EventFields> & { readonly bytes?: number } = {}): PreparedMessage {
  const { bytes = 10, ...rest } = fields;
  return new PreparedMessage({
    routingKey: "app.start",
    body: "x".repeat(bytes),
    messageId: `event-${++ids}`,
    correlationId: "run",
    type: "start",
    timestamp: 0,
    headers: noHeaders,
    ...rest,
  });
}

export const messages = (count: number, fields: Partial<EventFields> = {}): PreparedMessage[] =>
  Array.from({ length: count }, () => message(fields));
