import { TransportError } from "../errors.js";
import type { Transport } from "../transport.js";

/**
 * Refuses connections that do not report what the broker has stored of their lane: numbered from 1 again, the events of
 * the next program would count as duplicates of the last one's, and be confirmed but not stored.
 */
export function requireLastSequence(transport: Transport): Transport {
  const { name, capabilities, partitions } = transport;
  if (!capabilities.deduplication) return transport;
  return {
    name,
    capabilities,
    partitions,
    async connect(endpoint, lane, signal) {
      const connection = await transport.connect(endpoint, lane, signal);
      if (typeof connection?.publish !== "function" || isSequence(connection.lastSequence)) return connection;
      void Promise.resolve(AbortSignal.abort())
        .then((now) => connection.close(now))
        .catch(() => {});
      const message = `the transport ${name} has deduplication, and its connection gives no lastSequence: the highest sequence that the broker has of the lane, 0 where it has none. Without it new events would be taken for old ones, confirmed and lost`;
      throw new TransportError("protocol", message, { permanent: true });
    },
  };
}

const isSequence = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
