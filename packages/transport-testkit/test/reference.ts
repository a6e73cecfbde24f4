import {
  type Endpoint,
  type Flow,
  type MessageDefaults,
  type OutboundMessage,
  type Transport,
  type TransportConnection,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { cannot, type StoredMessage, type TransportUnderTest } from "@streamll/transport-testkit";

/** A broker in memory and a transport to it that keep the contract: what the wrong ones are made from. */
export class ReferenceBroker {
  readonly stored: StoredMessage[] = [];
  readonly #open = new Set<{ end(error: TransportError): void; flow(): void; missHeartbeats(): void }>();
  readonly #refused = new Set<string>();
  #blocked = false;
  #silent = false;
  #full = false;

  subject(create: (options: TransportOptions) => Transport): TransportUnderTest {
    return {
      name: "reference",
      create,
      endpoint: "reference://there",
      unreachable: "reference://nowhere",
      read: async () => this.stored,
      faults: {
        disconnect: () => {
          for (const connection of this.#open)
            connection.end(new TransportError("unreachable", "the peer hung up"));
        },
        refuse: (message) => {
          this.#refused.add(message.messageId);
          return message;
        },
        block: () => this.#block(true),
        throttle: () => {
          this.#full = true;
          return () => {
            this.#full = false;
          };
        },
        silence: () => {
          this.#silent = true;
          for (const connection of this.#open) connection.missHeartbeats();
          return () => {
            this.#silent = false;
          };
        },
      },
      alone: cannot("its broker is in this process"),
      timeoutMs: 200,
      quietMs: 10,
    };
  }

  transport(options: TransportOptions): Transport {
    return {
      name: "reference",
      capabilities: {
        confirms: true,
        mandatory: true,
        priority: true,
        ttl: true,
        deadLetter: true,
        deduplication: false,
        contentEncoding: true,
        topology: false,
      },
      connect: (endpoint, _lane, signal) => this.#connect(options, endpoint, signal),
    };
  }

  #objection(message: OutboundMessage, { mandatory }: MessageDefaults): TransportError | undefined {
    const { messageId, exchange, routingKey } = message;
    if (this.#full) return new TransportError("throttled", "no memory left");
    if (this.#refused.has(messageId)) return new TransportError("nack", "not this one");
    if (exchange !== undefined) return new TransportError("not-found", `no exchange ${exchange}`);
    const isLost = mandatory && !routingKey.startsWith("streamll.");
    return isLost ? new TransportError("unroutable", "nothing is bound to it") : undefined;
  }

  #block(blocked: boolean): () => void {
    this.#blocked = blocked;
    for (const connection of this.#open) connection.flow();
    return () => void this.#block(false);
  }

  async #connect(
    options: TransportOptions,
    endpoint: Endpoint,
    signal: AbortSignal,
  ): Promise<TransportConnection> {
    if (this.#silent && !signal.aborted) {
      const late = AbortSignal.timeout(options.connectionTimeoutMs);
      const either = AbortSignal.any([signal, late]);
      await new Promise((resolve) => either.addEventListener("abort", resolve, { once: true }));
      throw new TransportError("timeout", "given up");
    }
    if (signal.aborted) throw new TransportError("timeout", "given up");
    if (endpoint.host === "nowhere") throw new TransportError("unreachable", "no broker there");
    let ended = false;
    let drained = 0;
    let resolve: (error: TransportError | undefined) => void = () => {};
    const closed = new Promise<TransportError | undefined>((settle) => {
      resolve = settle;
    });
    let listener: (flow: Flow) => void = () => {};
    const end = (error?: TransportError) => {
      ended = true;
      this.#open.delete(entry);
      resolve(error);
    };
    const flow = () =>
      listener(this.#blocked ? { credit: 0, blocked: "no memory" } : { credit: Number.POSITIVE_INFINITY });
    const missHeartbeats = () => {
      setTimeout(() => {
        if (this.#silent) end(new TransportError("timeout", "no heartbeat"));
      }, 2 * options.heartbeatMs).unref();
    };
    const entry = { end, flow, missHeartbeats };
    this.#open.add(entry);
    let working = Promise.resolve();
    return {
      closed,
      publish: (batch, settle) => {
        const kept = batch.map((message) => message.detach());
        working = working.then(async () => {
          await new Promise((done) => setImmediate(done));
          if (ended || this.#silent) return;
          for (const [index, message] of kept.entries()) {
            drained += message.body().length;
            const error = this.#objection(message, options.message);
            if (error !== undefined) settle(index, index + 1, { kind: "refused", error });
            else {
              this.stored.push(asStored(message, options.message));
              settle(index, index + 1, { kind: options.confirms ? "confirmed" : "written" });
            }
          }
        });
      },
      onFlow: (next) => {
        listener = next;
        flow();
      },
      close: async (closing) => {
        if (!closing.aborted) {
          await Promise.race([
            working,
            new Promise((done) => closing.addEventListener("abort", done, { once: true })),
          ]);
        }
        end();
      },
      drainedBytes: () => drained,
    };
  }
}

function asStored(message: OutboundMessage, { priority, expirationMs }: MessageDefaults): StoredMessage {
  const { messageId, routingKey, correlationId, type, headers, contentEncoding } = message;
  return {
    body: message.body(),
    messageId,
    routingKey,
    correlationId,
    type,
    headers,
    contentEncoding,
    priority,
    expirationMs,
  };
}
