import type {
  Endpoint,
  Flow,
  OutboundBatch,
  Settle,
  Transport,
  TransportConnection,
  TransportError,
} from "@streamll/core";
import type { PublishOperation } from "./publish-recorder.js";

/** Called for each batch. Neither it nor the operation that it returns throws. */
type Begin = (endpoint: Endpoint, batch: OutboundBatch) => PublishOperation | undefined;

/** The same transport, with each batch that it is handed observed. */
export function observedTransport(transport: Transport, begin: Begin): Transport {
  const { consuming } = transport;
  return {
    get name() {
      return transport.name;
    },
    get capabilities() {
      return transport.capabilities;
    },
    get partitions() {
      return transport.partitions;
    },
    async connect(endpoint, lane, signal) {
      const connection = await transport.connect(endpoint, lane, signal);
      // The engine says what is wrong with anything else.
      if (typeof connection?.publish !== "function") return connection;
      return new ObservedConnection(connection, (batch) => begin(endpoint, batch));
    },
    ...(consuming === undefined ? {} : { consuming }),
  };
}

class ObservedConnection implements TransportConnection {
  readonly closed: Promise<TransportError | undefined>;
  readonly #inner: TransportConnection;
  readonly #begin: (batch: OutboundBatch) => PublishOperation | undefined;
  /** The batches that wait for an answer. */
  readonly #open = new Set<PublishOperation>();

  constructor(inner: TransportConnection, begin: (batch: OutboundBatch) => PublishOperation | undefined) {
    this.#inner = inner;
    this.#begin = begin;
    this.closed = this.#closed();
  }

  get lastSequence(): number | undefined {
    return this.#inner.lastSequence;
  }

  get problem(): TransportError | undefined {
    return this.#inner.problem;
  }

  drainedBytes(): number {
    return this.#inner.drainedBytes?.() ?? 0;
  }

  publish(batch: OutboundBatch, settle: Settle): void {
    const operation = this.#begin(batch);
    if (operation === undefined) return this.#inner.publish(batch, settle);
    this.#open.add(operation);
    this.#inner.publish(batch, (from, to, outcome) => {
      if (this.#open.has(operation) && operation.settled(to - from, outcome)) this.#open.delete(operation);
      settle(from, to, outcome);
    });
  }

  onFlow(listener: (flow: Flow) => void): void {
    this.#inner.onFlow(listener);
  }

  close(signal: AbortSignal): Promise<void> {
    return this.#inner.close(signal);
  }

  async #closed(): Promise<TransportError | undefined> {
    const error = await this.#inner.closed;
    for (const operation of this.#open) operation.lost(error);
    this.#open.clear();
    return error;
  }
}
