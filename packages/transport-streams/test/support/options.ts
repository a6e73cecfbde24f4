import {
  type MessageParts,
  type OutboundMessage,
  outboundMessage,
  type PublishOutcome,
  type Settle,
  silentLogger,
} from "@streamll/core";
import { resolveOptions } from "@streamll/core/options";
import type { StreamsTransportOptions } from "../../src/options.js";
import { streamOptions } from "../../src/options.js";

export const options = (own: Partial<StreamsTransportOptions> = {}): StreamsTransportOptions => ({
  confirms: true,
  message: {
    exchange: "events",
    contentType: "application/json",
    appId: "streamll",
    persistent: true,
    mandatory: false,
  },
  topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
  connectionTimeoutMs: 10_000,
  heartbeatMs: 10_000,
  connectionName: "streamll@test",
  own: resolveOptions(streamOptions),
  logger: silentLogger,
  ...own,
});

export const parts = (own: Partial<MessageParts> & { readonly sequence: number }): MessageParts => ({
  routingKey: "streamll.start.search",
  body: Buffer.from('{"event_type":"start"}'),
  messageId: `event-${own.sequence}`,
  correlationId: "execution-1",
  type: "start",
  timestamp: 1_755_770_400_123,
  headers: { event_type: "start" },
  ...own,
});

export const message = (own: Partial<MessageParts> & { readonly sequence: number }): OutboundMessage =>
  outboundMessage(parts(own));

export const messages = (first: number, count: number, own: Partial<MessageParts> = {}): OutboundMessage[] =>
  Array.from({ length: count }, (_, i) => message({ ...own, sequence: first + i }));

/** What became of each message of a batch; a second outcome for one throws. */
export function outcomes(count: number): { settle: Settle; all: (PublishOutcome | undefined)[] } {
  const all = new Array<PublishOutcome | undefined>(count).fill(undefined);
  return {
    all,
    settle(from, to, outcome) {
      if (from >= to) throw new Error(`empty range ${from} to ${to}`);
      for (let i = from; i < to; i++) {
        if (i >= count || all[i]) throw new Error(`message ${i} of ${count} was settled again`);
        all[i] = outcome;
      }
    },
  };
}
