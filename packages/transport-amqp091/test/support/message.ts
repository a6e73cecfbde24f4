import { randomUUID } from "node:crypto";
import {
  type MessageDefaults,
  type MessageParts,
  type OutboundMessage,
  outboundMessage,
  type PublishOutcome,
  type Settle,
  silentLogger,
  type TransportOptions,
} from "@streamll/core";

export const defaults = (own: Partial<MessageDefaults> = {}): MessageDefaults => ({
  exchange: "",
  contentType: "application/json",
  appId: "streamll",
  persistent: true,
  mandatory: true,
  ...own,
});

let sequence = 0;

export const parts = (own: Partial<MessageParts> = {}): MessageParts => ({
  sequence: ++sequence,
  routingKey: "streamll.start.search",
  body: Buffer.from('{"event_type":"start"}'),
  messageId: randomUUID(),
  correlationId: "execution-1",
  type: "start",
  timestamp: 1_755_770_400_123,
  headers: {},
  ...own,
});

export const message = (own: Partial<MessageParts> = {}): OutboundMessage => outboundMessage(parts(own));

export const messages = (count: number, own: Partial<MessageParts> = {}): OutboundMessage[] =>
  Array.from({ length: count }, () => message(own));

export const options = (own: Partial<TransportOptions> = {}): TransportOptions => ({
  confirms: true,
  message: defaults(),
  topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
  connectionTimeoutMs: 10_000,
  heartbeatMs: 10_000,
  connectionName: "streamll@test",
  own: {},
  logger: silentLogger,
  ...own,
});

/** What became of each message of a batch, in its order; a second outcome for one throws. */
export function outcomes(count: number): {
  settle: Settle;
  all: (PublishOutcome | undefined)[];
  open(): number;
} {
  const all = new Array<PublishOutcome | undefined>(count).fill(undefined);
  return {
    all,
    open: () => all.filter((outcome) => outcome === undefined).length,
    settle(from, to, outcome) {
      if (from >= to) throw new Error(`empty range ${from} to ${to}`);
      for (let i = from; i < to; i++) {
        if (i >= count || all[i]) throw new Error(`message ${i} of ${count} was settled again`);
        all[i] = outcome;
      }
    },
  };
}
