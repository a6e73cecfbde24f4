import { randomUUID } from "node:crypto";
import {
  type Endpoint,
  type MessageDefaults,
  type OutboundMessage,
  outboundMessage,
  silentLogger,
  type Transport,
  type TransportConnection,
  type TransportOptions,
} from "@streamll/core";
import { isTransportError, textOf } from "@streamll/core/internal";
import { endpointOf } from "./endpoint.js";
import type { MessageParts } from "./messages.js";
import type { Alone, FaultName, Faults, Heal, StoredMessage, TransportUnderTest } from "./options.js";
import { whyNot } from "./options.js";
import { Probe } from "./probe.js";
import { ResourceWatch } from "./resource-watch.js";
import { BrokenRuleError, NotCovered, type RuleName } from "./rules.js";
import { within } from "./waiting.js";

/** The least that any transport can honour; the author puts the rest on top. */
export const plainOptions: TransportOptions = {
  confirms: true,
  message: {
    exchange: "streamll_events",
    contentType: "application/octet-stream",
    appId: "streamll",
    persistent: true,
    mandatory: false,
  },
  topology: { mode: "none", exchanges: [], queues: [], bindings: [] },
  connectionTimeoutMs: 10_000,
  heartbeatMs: 10_000,
  connectionName: "streamll-testkit",
  own: {},
  logger: silentLogger,
};

const unclaimed = {
  mandatory: "no mandatory",
  priority: "no priority",
  ttl: "no ttl",
  deadLetter: "no dead letters",
  topology: "no topology",
  deduplication: "no deduplication",
  contentEncoding: "no content-encoding",
} as const;

/** What one check works with: transports, connections and messages of its own. */
export class Bench {
  readonly subject: TransportUnderTest;
  readonly timeoutMs: number;
  readonly quietMs: number;
  readonly probes: Probe[] = [];
  readonly broken: BrokenRuleError[] = [];
  readonly #prefix = `testkit-${randomUUID()}`;
  readonly #heals: Heal[] = [];
  #resources: ResourceWatch | undefined;
  #transport: Promise<Transport> | undefined;
  #confirms = true;
  #made = 0;
  // A broker that deduplicates remembers the sequences of earlier checks: each check begins above them.
  readonly #firstSequence = Date.now() * 1000;

  constructor(subject: TransportUnderTest) {
    this.subject = subject;
    this.timeoutMs = subject.timeoutMs ?? 5000;
    this.quietMs = subject.quietMs ?? 50;
  }

  get endpoint(): Endpoint {
    return endpointOf(this.subject.endpoint);
  }

  /** The transport of this check, made with `overrides` when it is first asked for. */
  transport(overrides: Partial<TransportOptions> = {}): Promise<Transport> {
    this.#transport ??= this.#make(overrides);
    return this.#transport;
  }

  async #make(overrides: Partial<TransportOptions>): Promise<Transport> {
    const options = { ...plainOptions, ...overrides };
    const create = async () => this.subject.create(options, [this.endpoint]);
    const transport = await this.#watched(create);
    this.#confirms = transport.capabilities?.confirms && options.confirms;
    return transport;
  }

  /** The same, with what all of its messages have changed. */
  transportOf(message: Partial<MessageDefaults>): Promise<Transport> {
    return this.transport({ message: { ...plainOptions.message, ...message } });
  }

  /** Whether the broker is to say of each message that it has it. */
  get confirms(): boolean {
    return this.#confirms;
  }

  /** Follows from now on what the transport opens. */
  watchResources(): ResourceWatch {
    this.#resources ??= new ResourceWatch();
    return this.#resources;
  }

  #watched<T>(part: () => Promise<T>): Promise<T> {
    return this.#resources?.of(part) ?? part();
  }

  /** How the transport is made in a process of its own. */
  get alone(): Alone {
    this.needs("alone");
    return this.subject.alone as Alone;
  }

  /** Ends the check where the transport does not claim a power. */
  async claims(power: keyof typeof unclaimed): Promise<void> {
    if (!(await this.transport()).capabilities[power])
      throw new NotCovered(`it has ${unclaimed[power]}, and says so in its capabilities`);
  }

  /** Connects a lane. */
  async connect(lane = 0): Promise<Probe> {
    const transport = await this.transport();
    const giveUp = new AbortController();
    const connection = await within(
      this.timeoutMs,
      this.#watched(() => transport.connect(this.endpoint, { index: lane }, giveUp.signal)),
      () => {
        giveUp.abort();
        return new BrokenRuleError("connects", `connect() had not settled after ${this.timeoutMs} ms.`);
      },
    ).catch((error: unknown) => {
      if (error instanceof BrokenRuleError) throw error;
      throw new BrokenRuleError("connects", `connect() rejected with ${String(error)}.`, { cause: error });
    });
    return this.observe(connection, lane);
  }

  /** Connects a lane that has delivered a few messages already. */
  async delivering(): Promise<Probe> {
    const probe = await this.connect();
    await probe.publish(this.messages(3));
    await probe.delivered();
    return probe;
  }

  /** Puts a connection under observation. */
  observe(connection: TransportConnection, lane = 0): Probe {
    const missing = (["publish", "onFlow", "close"] as const).find(
      (name) => typeof connection?.[name] !== "function",
    );
    if (missing !== undefined || typeof connection.closed?.then !== "function") {
      throw new BrokenRuleError("connects", `connect() gave a connection without ${missing ?? "closed"}.`);
    }
    const probe = new Probe(connection, {
      lane,
      confirms: this.#confirms,
      timeoutMs: this.timeoutMs,
      broken: (error) => this.broken.push(error),
    });
    this.probes.push(probe);
    return probe;
  }

  /** Aborts a connect after a moment: it rejects, or the connection was there before and is good for use. */
  async abortedConnect(moment: () => Promise<unknown> | undefined): Promise<void> {
    const rule = "connect-aborts";
    const transport = await this.transport();
    const abort = new AbortController();
    let settled = false;
    const attempt = Promise.resolve(transport.connect(this.endpoint, { index: 0 }, abort.signal)).then(
      (connection) => ({ connection }),
      (error: unknown) => ({ error }),
    );
    void attempt.then(() => {
      settled = true;
    });
    const wait = moment();
    if (wait !== undefined) await wait;
    // The signal is that of connecting: an engine aborts it no later.
    if (!settled) abort.abort();
    const late = () =>
      new BrokenRuleError(rule, `connect() had not settled ${this.timeoutMs} ms after the abort.`);
    const outcome = await within(this.timeoutMs, attempt, late);
    if ("error" in outcome) return this.#classified(outcome.error);
    try {
      const probe = this.observe(outcome.connection);
      await probe.publish([this.message()]);
      await probe.delivered();
      await probe.close();
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      const why = textOf(error).split("\n")[0];
      const happened = `connect() was aborted, and gave a connection that is of no use: ${why}`;
      this.broken.unshift(new BrokenRuleError(rule, happened, { cause: error }));
    }
  }

  #classified(error: unknown): void {
    if (isTransportError(error)) return;
    const happened = `connect() rejected with ${String(error)}.`;
    throw new BrokenRuleError("connect-rejects", happened, { cause: error });
  }

  /** Connects where that must fail. A connection, or no end of connecting, breaks `rule`. */
  async refusedConnect(rule: RuleName, endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    const transport = await this.transport();
    const attempt = Promise.resolve(transport.connect(endpoint, { index: 0 }, signal));
    const outcome = await within(
      this.timeoutMs,
      attempt.then(
        (connection) => ({ connection }),
        (error: unknown) => ({ error }),
      ),
      () => new BrokenRuleError(rule, `connect() had not settled after ${this.timeoutMs} ms.`),
    );
    if ("connection" in outcome) {
      await outcome.connection.close(AbortSignal.abort());
      throw new BrokenRuleError(rule, "connect() gave a connection where it should have rejected.");
    }
    this.#classified(outcome.error);
  }

  /** As a sink makes it, with `changes`. */
  message(changes?: MessageParts): OutboundMessage {
    const number = this.#made++;
    return outboundMessage({
      sequence: this.#firstSequence + number,
      routingKey: "streamll.token.testkit",
      body: Buffer.from(JSON.stringify({ number, text: "an event of the conformance suite" })),
      messageId: `${this.#prefix}-${number}`,
      correlationId: "testkit",
      type: "token",
      timestamp: Date.now(),
      headers: { event_type: "token" },
      ...changes,
    });
  }

  messages(count: number): OutboundMessage[] {
    return Array.from({ length: count }, () => this.message());
  }

  /** The fault, or the end of the check where the author cannot bring it about. */
  fault<N extends keyof Faults>(name: N): Exclude<Faults[N], { cannot: string }> {
    this.needs(name);
    return this.subject.faults[name] as Exclude<Faults[N], { cannot: string }>;
  }

  needs(name: FaultName): void {
    const reason = whyNot(this.subject, name);
    if (reason !== undefined) throw new NotCovered(reason);
  }

  /** Whether the author can bring a fault about. */
  can(name: FaultName): boolean {
    return whyNot(this.subject, name) === undefined;
  }

  /** Brings a fault about. It is healed at the end of the check, or by the function that is given back. */
  async strike(name: Exclude<keyof Faults, "refuse">): Promise<() => Promise<void>> {
    const heal = await this.fault(name)();
    let healed = false;
    const once = async () => {
      if (healed) return;
      healed = true;
      await heal?.();
    };
    this.#heals.push(once);
    return once;
  }

  async heal(): Promise<void> {
    this.#resources?.end();
    for (const heal of this.#heals) await heal();
  }

  /** What the broker stored of this check's messages. */
  async stored(): Promise<StoredMessage[]> {
    const all = await this.subject.read();
    return all.filter(({ messageId }) => messageId.startsWith(this.#prefix));
  }
}
