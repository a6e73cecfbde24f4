import {
  type Endpoint,
  type Flow,
  type MessageParts,
  type OutboundMessage,
  outboundMessage,
  type PublishOutcome,
  silentLogger,
  type TransportConnection,
  type TransportFactory,
  type TransportOptions,
} from "@streamll/core";

export function optionsFor(queueArguments: Record<string, unknown> = {}): TransportOptions {
  return {
    confirms: true,
    message: { exchange: "x", contentType: "text/plain", appId: "app", persistent: true, mandatory: true },
    topology: {
      mode: "declare",
      exchanges: [{ name: "x", type: "topic", arguments: {} }],
      queues: [{ name: "q", arguments: queueArguments }],
      bindings: [{ exchange: "x", queue: "q", pattern: "a.#" }],
    },
    connectionTimeoutMs: 1000,
    heartbeatMs: 1000,
    connectionName: "test",
    own: {},
    logger: silentLogger,
  };
}

export const endpoint = (path = "", host = ""): Endpoint => ({
  scheme: "memory",
  host,
  path,
  query: {},
  label: `memory:${path}`,
});

/** An open connection, and what it says of what it is given. */
export interface Lane {
  readonly connection: TransportConnection;
  readonly flows: Flow[];
  /** By message, `undefined` while there is none. */
  readonly outcomes: (PublishOutcome | undefined)[];
  publish(...messages: Partial<MessageParts>[]): void;
}

export async function connect(
  factory: TransportFactory,
  options: TransportOptions = optionsFor(),
  to = endpoint(),
): Promise<Lane> {
  const connection = await factory.create(options, [to]).connect(to, { index: 0 }, AbortSignal.timeout(5000));
  const flows: Flow[] = [];
  const outcomes: (PublishOutcome | undefined)[] = [];
  connection.onFlow((flow) => flows.push(flow));
  return {
    connection,
    flows,
    outcomes,
    publish(...messages) {
      const base = outcomes.length;
      outcomes.push(...messages.map(() => undefined));
      connection.publish(
        messages.map((message, index) => outbound(base + index, message)),
        (from, to, outcome) => outcomes.fill(outcome, base + from, base + to),
      );
    },
  };
}

const outbound = (sequence: number, message: Partial<MessageParts>): OutboundMessage =>
  outboundMessage({
    sequence,
    routingKey: "a.b",
    body: Buffer.from(String(sequence)),
    messageId: `m-${sequence}`,
    correlationId: "c",
    type: "start",
    timestamp: 5,
    headers: { h: 1 },
    ...message,
  });
