import { type Attempt, attempt, closed, discard } from "../connecting/attempt.js";
import type { Clock } from "../delivery/clock.js";
import { withResolvers } from "../delivery/promises.js";
import type { Endpoint } from "../endpoint.js";
import { TransportError } from "../errors.js";
import { type MessageHeaders, outboundMessage } from "../message.js";
import type { OutboundMessage, PublishOutcome, Transport, TransportConnection } from "../transport.js";
import type { InboundMessage } from "./inbound-message.js";

/** A message without an answer for so long is given up, and its connection with it. */
const ANSWER_MS = 30_000;

const nothing: ReadonlySet<string> = new Set();

/** Where a copy of a message goes, and what it has beside what the message has. */
export interface CopyTo {
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: MessageHeaders;
  /** Headers of the message that the copy has not. Default: none. */
  readonly without?: ReadonlySet<string>;
}

/** A consumed message as it is sent again: unchanged but for what is said. */
export const relayedCopy = (
  message: InboundMessage,
  { exchange, routingKey, headers, without = nothing }: CopyTo,
): OutboundMessage =>
  outboundMessage({
    sequence: 0,
    exchange,
    routingKey,
    body: message.body,
    messageId: message.messageId ?? "",
    correlationId: message.correlationId ?? "",
    type: message.type ?? "",
    timestamp: message.timestamp ?? 0,
    headers,
    relayed: { message, without },
  });

export interface RelaySetup {
  /** Of a transport with confirms and `mandatory`. */
  readonly connect: Transport["connect"];
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly connectionTimeoutMs: number;
}

/**
 * Publishes what was consumed again, each message confirmed. It has one connection, which is opened when something is to
 * be sent, and opened again when it was lost. It tries nothing a second time: who calls knows what a double means.
 */
export class Relay {
  readonly #setup: RelaySetup;
  readonly #closing = new AbortController();
  #link: Promise<Attempt<Link>> | undefined;

  constructor(setup: RelaySetup) {
    this.#setup = setup;
  }

  /** Publishes in this order, after all that was given before. One outcome for each message; never rejects. */
  async send(messages: readonly OutboundMessage[]): Promise<readonly PublishOutcome[]> {
    const link = await this.#connection();
    if ("error" in link) return messages.map(() => ({ kind: "refused", error: link.error }));
    return link.opened.send(messages);
  }

  /** Ends in good order within `ms`, else at once. Never rejects. */
  async close(ms: number): Promise<void> {
    this.#closing.abort();
    if (this.#link === undefined) return;
    // A connection holds no process.
    const release = this.#setup.clock.keepAlive();
    const link = await this.#link;
    if ("opened" in link) {
      const late = new AbortController();
      const cancel = this.#setup.clock.after(ms, () => late.abort());
      await closed(link.opened.connection, late.signal);
      cancel();
    }
    release();
  }

  #connection(): Promise<Attempt<Link>> {
    if (this.#closing.signal.aborted) return Promise.resolve({ error: stopped() });
    if (this.#link !== undefined) return this.#link;
    const opening = this.#open();
    this.#link = opening;
    const forget = () => {
      if (this.#link === opening) this.#link = undefined;
    };
    void opening.then((link) => {
      if ("error" in link) forget();
      else void link.opened.ended.then(forget);
    });
    return opening;
  }

  async #open(): Promise<Attempt<Link>> {
    const { connect, endpoints, clock, connectionTimeoutMs } = this.#setup;
    let failed: Attempt<Link> = { error: stopped() };
    for (const endpoint of endpoints) {
      if (this.#closing.signal.aborted) return { error: stopped() };
      const result = await attempt({
        clock,
        connectionTimeoutMs,
        label: endpoint.label,
        stopping: this.#closing.signal,
        open: async (signal) => new Link(await connect(endpoint, { index: 0 }, signal), clock),
        discard: ({ connection }) => discard(connection),
      });
      if ("opened" in result) return result;
      failed = result;
    }
    return failed;
  }
}

const stopped = () => new TransportError("unreachable", "the consumer was stopped");

interface Waiting {
  readonly message: OutboundMessage;
  settle(outcome: PublishOutcome): void;
}

/** An open connection, and what waits until its broker takes more. */
class Link {
  readonly connection: TransportConnection;
  readonly ended: Promise<void>;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  readonly #written = new Set<Waiting>();
  #credit = 0;
  #lost: TransportError | undefined;

  constructor(connection: TransportConnection, clock: Clock) {
    this.connection = connection;
    this.#clock = clock;
    this.ended = connection.closed.then((error) => this.#end(error));
    connection.onFlow(({ credit }) => {
      this.#credit = credit;
      this.#write();
    });
  }

  async send(messages: readonly OutboundMessage[]): Promise<readonly PublishOutcome[]> {
    const answers = messages.map((message) => {
      const { promise, resolve } = withResolvers<PublishOutcome>();
      if (this.#lost === undefined) this.#waiting.push({ message, settle: resolve });
      else resolve({ kind: "refused", error: this.#lost });
      return promise;
    });
    this.#write();
    const cancel = this.#clock.after(ANSWER_MS, () => discard(this.connection));
    const outcomes = await Promise.all(answers);
    cancel();
    return outcomes;
  }

  #write(): void {
    while (this.#lost === undefined && this.#credit > 0 && this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, Math.min(this.#credit, this.#waiting.length));
      this.#credit -= batch.length;
      for (const one of batch) this.#written.add(one);
      const messages = batch.map(({ message }) => message);
      this.connection.publish(messages, (from, to, outcome) => {
        for (const one of batch.slice(from, to)) if (this.#written.delete(one)) one.settle(outcome);
      });
    }
  }

  #end(error = new TransportError("timeout", `no answer within ${ANSWER_MS / 1000} s`)): void {
    this.#lost = error;
    for (const one of this.#written) one.settle({ kind: "unknown", error });
    this.#written.clear();
    for (const one of this.#waiting.splice(0)) one.settle({ kind: "refused", error });
  }
}
