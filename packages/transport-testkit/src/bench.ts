import { randomUUID } from "node:crypto";
import {
  type Endpoint,
  type OutboundMessage,
  silentLogger,
  type Transport,
  type TransportConnection,
  type TransportOptions,
} from "@streamll/core";
import { isTransportError, PreparedMessage } from "@streamll/core/internal";
import { endpointOf } from "./endpoint.js";
import type { MessageParts } from "./messages.js";
import type { FaultName, Faults, Heal, StoredMessage, TransportUnderTest } from "./options.js";
import { whyNot } from "./options.js";
import { Probe } from "./probe.js";
import { BrokenRuleError, NotCovered, type RuleName } from "./rules.js";
import { within } from "./waiting.js";

/** The least that any transport can honour; the author puts the rest on top. */
const plainOptions: TransportOptions = {
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
  logger: silentLogger,
};

/** What one check works with: transports, connections and messages of its own. */
export class Bench {
  readonly subject: TransportUnderTest;
  readonly timeoutMs: number;
  readonly quietMs: number;
  readonly probes: Probe[] = [];
  readonly broken: BrokenRuleError[] = [];
  readonly #prefix = `testkit-${randomUUID()}`;
  readonly #heals: Heal[] = [];
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
    this.#transport ??= Promise.resolve(this.subject.create({ ...plainOptions, ...overrides })).then(
      (transport) => {
        this.#confirms = transport.capabilities.confirms && (overrides.confirms ?? true);
        return transport;
      },
    );
    return this.#transport;
  }

  /** Connects a lane. */
  async connect(lane = 0): Promise<Probe> {
    const transport = await this.transport();
    const giveUp = new AbortController();
    const connection = await within(
      this.timeoutMs,
      transport.connect(this.endpoint, { index: lane }, giveUp.signal),
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

  /** Connects in vain: gives the error, or breaks `rule`. */
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
    if (isTransportError(outcome.error)) return;
    throw new BrokenRuleError("connect-rejects", `connect() rejected with ${String(outcome.error)}.`, {
      cause: outcome.error,
    });
  }

  /** A plain object, which survives a copy. */
  plainMessage(parts: MessageParts = {}): OutboundMessage {
    const message = this.message();
    return { ...message, body: message.body, ...parts };
  }

  /** As a sink hands it over. */
  message(): OutboundMessage {
    const number = this.#made++;
    return new PreparedMessage({
      sequence: this.#firstSequence + number,
      routingKey: "streamll.token.testkit",
      text: JSON.stringify({ number, text: "an event of the conformance suite" }),
      messageId: `${this.#prefix}-${number}`,
      correlationId: "testkit",
      type: "token",
      timestamp: Date.now(),
      headers: { event_type: "token" },
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

  /** Brings a fault about. It is healed at the end of the check, or by the function that is given back. */
  async strike(name: "disconnect" | "block" | "silence"): Promise<() => Promise<void>> {
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
    for (const heal of this.#heals) await heal();
  }

  /** What the broker stored of this check's messages. */
  async stored(): Promise<StoredMessage[]> {
    const all = await this.subject.read();
    return all.filter(({ messageId }) => messageId.startsWith(this.#prefix));
  }
}
