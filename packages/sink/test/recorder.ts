import type { OutboundMessage, Transport, TransportCapabilities } from "@streamll/core";

/** A transport that confirms all at once, and remembers it. */
export interface Recorder extends Transport {
  readonly messages: OutboundMessage[];
}

export function recorder(capabilities: Partial<TransportCapabilities> = {}): Recorder {
  const messages: OutboundMessage[] = [];
  return {
    name: "recorder",
    messages,
    capabilities: {
      confirms: true,
      mandatory: false,
      priority: false,
      ttl: false,
      deadLetter: false,
      deduplication: false,
      topology: false,
      ...capabilities,
    },
    async connect() {
      let end = () => {};
      const closed = new Promise<undefined>((resolve) => {
        end = () => resolve(undefined);
      });
      return {
        publish(batch, settle) {
          messages.push(...batch.map((message) => message.detach({ sequence: message.sequence })));
          settle(0, batch.length, { kind: "confirmed" });
        },
        onFlow: (listener) => listener({ credit: Number.POSITIVE_INFINITY }),
        closed,
        close: async () => end(),
      };
    },
  };
}
