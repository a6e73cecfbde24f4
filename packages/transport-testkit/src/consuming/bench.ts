import { randomUUID } from "node:crypto";
import {
  type Delivery,
  type InboundMessage,
  type LogPosition,
  type LogRequest,
  type MessageHeaders,
  outboundMessage,
  type PublishOutcome,
  type Transport,
} from "@streamll/core";
import { isTransportError } from "@streamll/core/internal";
import { plainOptions } from "../bench.js";
import { endpointOf } from "../endpoint.js";
import type { Cannot, Fault } from "../options.js";
import { BrokenRuleError, NotCovered } from "../rules.js";
import { elapse, within } from "../waiting.js";
import type { ConsumerUnderTest, QueueUnderTest } from "./options.js";
import { SubscriptionProbe } from "./probe.js";

/** What one check works with: a transport, a queue and subscriptions of its own. */
export class ConsumingBench {
  readonly timeoutMs: number;
  readonly quietMs: number;
  readonly probes: SubscriptionProbe[] = [];
  readonly broken: BrokenRuleError[] = [];
  /** Where the next subscription to a log begins. */
  position: LogPosition = "first";
  /** What the broker kept, as the subscription was told that asked last. */
  stored: number | undefined;
  readonly #subject: ConsumerUnderTest;
  readonly #heals: (() => unknown)[] = [];
  readonly #prefix = `testkit-${randomUUID()}`;
  #transport: Promise<Transport> | undefined;
  #queue: Promise<QueueUnderTest> | undefined;
  #made = 0;

  constructor(subject: ConsumerUnderTest) {
    this.#subject = subject;
    this.timeoutMs = subject.timeoutMs ?? 5000;
    this.quietMs = subject.quietMs ?? 50;
  }

  transport(): Promise<Transport> {
    const create = async () => this.#subject.create(plainOptions, [endpointOf(this.#subject.endpoint)]);
    this.#transport ??= create();
    return this.#transport;
  }

  queue(): Promise<QueueUnderTest> {
    this.#queue ??= this.#subject.queue();
    return this.#queue;
  }

  async consuming() {
    const { consuming, name } = await this.transport();
    if (consuming === undefined) throw new BrokenRuleError("subscribes", `${name} has no consuming.`);
    return consuming;
  }

  /** Subscribes to the queue of this check. */
  async subscribe(window = 1000): Promise<SubscriptionProbe> {
    const { name } = await this.queue();
    const outcome = await this.attempt(name, window, new AbortController().signal);
    if ("error" in outcome)
      throw new BrokenRuleError("subscribes", `subscribe() rejected with ${String(outcome.error)}.`);
    return outcome.probe;
  }

  /** Subscribes, perhaps in vain. What it rejects with is a `TransportError`. */
  async attempt(
    source: string,
    window: number,
    signal: AbortSignal,
  ): Promise<{ readonly probe: SubscriptionProbe } | { readonly error: { readonly kind: string } }> {
    const consuming = await this.consuming();
    const broken = (error: BrokenRuleError) => this.broken.push(error);
    const probe = new SubscriptionProbe({ window, timeoutMs: this.timeoutMs, broken });
    const log = consuming.log === true ? { log: this.#log } : {};
    const request = { source, window, receive: probe.receive, ...log };
    const late = () =>
      new BrokenRuleError("subscribes", `subscribe() had not settled after ${this.timeoutMs} ms.`);
    try {
      const attempt = Promise.resolve(
        consuming.subscribe(endpointOf(this.#subject.endpoint), request, signal),
      );
      probe.observe(await within(this.timeoutMs, attempt, late));
      this.probes.push(probe);
      return { probe };
    } catch (error) {
      if (error instanceof BrokenRuleError) throw error;
      if (isTransportError(error)) return { error };
      throw new BrokenRuleError("subscribe-rejects", `subscribe() rejected with ${String(error)}.`);
    }
  }

  readonly #log: LogRequest = {
    consumerName: "testkit",
    singleActive: false,
    position: async (_, stored) => {
      this.stored = await stored();
      return this.position;
    },
    left: async () => {},
  };

  /** Publishes a delivery again to where it came from. */
  async relay(
    message: Delivery,
    { headers, without }: { readonly headers: MessageHeaders; readonly without: readonly string[] },
  ): Promise<void> {
    const { name } = await this.queue();
    // Where the broker does not tell, the queue is named by the key.
    const { exchange = "", routingKey = "" } =
      message.exchange === undefined ? { routingKey: name } : message;
    const { messageId = "", correlationId = "", type = "", timestamp = 0, body } = message;
    const own = { sequence: 0, exchange, routingKey, messageId, correlationId, type, timestamp, body };
    const outbound = outboundMessage({ ...own, headers, relayed: { message, without: new Set(without) } });
    const { signal } = new AbortController();
    const connection = await (await this.transport()).connect(
      endpointOf(this.#subject.endpoint),
      { index: 0 },
      signal,
    );
    this.#heals.push(() => connection.close(AbortSignal.abort()));
    let isSent = false;
    const answered = new Promise<PublishOutcome>((resolve) => {
      connection.onFlow(({ credit }) => {
        if (credit === 0 || isSent) return;
        isSent = true;
        connection.publish([outbound], (_from, _to, outcome) => resolve(outcome));
      });
    });
    const late = () => new BrokenRuleError("relays", `No outcome after ${this.timeoutMs} ms.`);
    const { kind } = await within(this.timeoutMs, answered, late);
    if (kind !== "confirmed") throw new BrokenRuleError("relays", `What was published again was ${kind}.`);
  }

  /** Puts messages into the queue of this check, and gives them. */
  async put(count: number, changes: Partial<InboundMessage> = {}): Promise<InboundMessage[]> {
    const messages = Array.from({ length: count }, () => this.#message(changes));
    await (await this.queue()).put(messages);
    return messages;
  }

  #message(changes: Partial<InboundMessage>): InboundMessage {
    const number = this.#made++;
    return {
      body: Buffer.from(JSON.stringify({ number, text: "a message of the conformance suite" })),
      messageId: `${this.#prefix}-${number}`,
      correlationId: "testkit",
      type: "token",
      contentType: "application/json",
      timestamp: 1_700_000_000_000,
      headers: { event_type: "token", number: this.#subject.headers === "text" ? String(number) : number },
      persistent: true,
      ...changes,
    };
  }

  /** Brings a fault about, which is healed at the end of the check; or ends the check where the author cannot. */
  async strike(fault: Fault | Cannot): Promise<void> {
    if (typeof fault === "object") throw new NotCovered(fault.cannot);
    const heal = await fault();
    if (heal) this.#heals.push(heal);
  }

  /** Of every kind that the broker has. */
  get richHeaders(): Readonly<Record<string, unknown>> {
    const { headers } = this.#subject;
    const text = { text: "ü" };
    if (headers === "text") return text;
    return { ...text, yes: true, ...(headers === "flat" ? {} : { deep: { list: [1, "two"] } }) };
  }

  get disconnect(): Fault | Cannot {
    return this.#subject.disconnect;
  }

  /** Ends what is still open, and sees whether anything comes after the end. */
  async conclude(): Promise<void> {
    for (const heal of this.#heals) await heal();
    const open = this.probes.filter(({ end }) => end === undefined);
    await Promise.all(open.map((probe) => probe.close(AbortSignal.abort())));
    await elapse(this.quietMs);
  }
}
