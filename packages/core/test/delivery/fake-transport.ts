import {
  type Endpoint,
  type Flow,
  type OutboundBatch,
  type OutboundMessage,
  type PublishOutcome,
  type Settle,
  type Transport,
  type TransportCapabilities,
  type TransportConnection,
  TransportError,
} from "@streamll/core";

export const fakeEndpoint = (name = "one"): Endpoint => ({
  scheme: "fake",
  host: name,
  path: "",
  query: {},
  label: `fake://${name}`,
});

/** A message that reached the broker's side of a connection. */
interface Arrived {
  readonly message: OutboundMessage;
  readonly sequence: number;
  /** What the broker decided; until then the message can be lost with the connection. */
  decision?: PublishOutcome;
  tell(outcome: PublishOutcome): void;
}

/** One connection of the fake. Its broker decides in the order of writing; answers may come in any. */
export class FakeConnection implements TransportConnection {
  readonly closed: Promise<TransportError | undefined>;
  readonly batches: OutboundMessage[][] = [];
  /** Not answered yet, in the order of writing. */
  unanswered: Arrived[] = [];
  open = true;
  /** What it died of. */
  error: TransportError | undefined;
  drained = 0;
  problem: TransportError | undefined;
  readonly endpoint: Endpoint;
  readonly lane: number;
  readonly lastSequence: number | undefined;
  /** Refuses the first `count` of the last batch by one answer. */
  refuseShared: (count: number) => void = () => {};
  readonly #transport: FakeTransport;
  #end!: (error: TransportError | undefined) => void;
  #listener: (flow: Flow) => void = () => {};
  #flow: Flow = { credit: Number.POSITIVE_INFINITY };

  constructor(transport: FakeTransport, endpoint: Endpoint, lane: number) {
    this.#transport = transport;
    this.endpoint = endpoint;
    this.lane = lane;
    this.lastSequence = transport.lastSequence(lane);
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  publish(view: OutboundBatch, settle: Settle): void {
    if (!this.open) return;
    const batch = view.map((message) => message.detach());
    this.batches.push(batch);
    for (const [index, message] of batch.entries()) {
      const { sequence } = message;
      this.#transport.written.push({ id: message.messageId, message, sequence, connection: this });
      this.unanswered.push({ message, sequence, tell: (outcome) => settle(index, index + 1, outcome) });
    }
    this.refuseShared = (count) => {
      this.unanswered.splice(this.unanswered.length - batch.length, count);
      settle(0, count, { kind: "refused", error: nack(), shared: true });
    };
    this.#transport.onPublish(this);
  }

  /** The broker decides on the next `count` messages that are undecided. */
  decide(outcome: PublishOutcome, count = this.unanswered.length): void {
    for (const arrived of this.unanswered) {
      if (count === 0) return;
      if (arrived.decision !== undefined) continue;
      arrived.decision = outcome;
      if (outcome.kind !== "refused") this.#transport.store(this.lane, arrived);
      count--;
    }
  }

  /** Tells what is decided of the message at `index` of the unanswered. */
  tell(index: number): void {
    const arrived = this.unanswered[index];
    if (arrived?.decision === undefined) return;
    this.unanswered.splice(index, 1);
    arrived.tell(arrived.decision);
  }

  /** Decides on the oldest `count` messages and says so. */
  answer(outcome: PublishOutcome = { kind: "confirmed" }, count = this.unanswered.length): void {
    this.decide(outcome, count);
    for (let i = 0; i < count; i++) this.tell(0);
  }

  onFlow(listener: (flow: Flow) => void): void {
    this.#listener = listener;
    listener(this.#flow);
  }

  flow(flow: Flow): void {
    this.#flow = flow;
    if (this.open) this.#listener(flow);
  }

  /** Ends: what the broker did not decide on is lost. */
  die(error?: TransportError): void {
    if (!this.open) return;
    this.open = false;
    this.error = error;
    this.#transport.onDeath(this);
    this.#end(error);
  }

  async close(): Promise<void> {
    this.die();
  }

  drainedBytes(): number {
    return this.drained;
  }
}

/** A transport whose broker is the test. */
export class FakeTransport implements Transport {
  readonly name = "fake";
  readonly capabilities: TransportCapabilities;
  readonly partitions: number | undefined;
  readonly connections: FakeConnection[] = [];
  /** Every write, tries again included. */
  readonly written: { id: string; message: OutboundMessage; sequence: number; connection: FakeConnection }[] =
    [];
  /** What the broker holds, in the order in which it came. */
  readonly stored: OutboundMessage[] = [];
  /** What the next connects answer; empty: they succeed. */
  refusals: TransportError[] = [];
  refuseAll: Error | undefined;
  /** What a connect waits for, whatever it then answers. */
  delay: () => Promise<unknown> | undefined = () => undefined;
  /** By lane. */
  readonly highest = new Map<number, number>();
  onPublish: (connection: FakeConnection) => void = () => {};
  onDeath: (connection: FakeConnection) => void = () => {};

  constructor(capabilities: Partial<TransportCapabilities> = {}, partitions?: number) {
    this.partitions = partitions;
    this.capabilities = {
      confirms: true,
      mandatory: true,
      priority: true,
      ttl: true,
      deadLetter: true,
      deduplication: false,
      topology: true,
      ...capabilities,
    };
  }

  async connect(endpoint: Endpoint, lane: { index: number }): Promise<FakeConnection> {
    const refusal = this.refusals.shift() ?? this.refuseAll;
    await this.delay();
    if (refusal !== undefined) throw refusal;
    const connection = new FakeConnection(this, endpoint, lane.index);
    this.connections.push(connection);
    return connection;
  }

  get live(): FakeConnection[] {
    return this.connections.filter((connection) => connection.open);
  }

  /** The only live connection. */
  get connection(): FakeConnection {
    const [connection, ...others] = this.live;
    if (connection === undefined || others.length > 0)
      throw new Error(`${this.live.length} live connections`);
    return connection;
  }

  store(lane: number, { message, sequence }: { message: OutboundMessage; sequence: number }): void {
    const highest = this.highest.get(lane) ?? 0;
    if (this.capabilities.deduplication && sequence <= highest) return;
    this.highest.set(lane, Math.max(highest, sequence));
    this.stored.push(message.detach({ sequence }));
  }

  /** Lets go of all that it noted. */
  forget(): void {
    for (const notes of [this.written, this.stored, ...this.connections.map(({ batches }) => batches)])
      notes.length = 0;
  }

  lastSequence(lane: number): number | undefined {
    return this.capabilities.deduplication ? (this.highest.get(lane) ?? 0) : undefined;
  }
}

export const unreachable = () => new TransportError("unreachable", "connection refused");
export const nack = () => new TransportError("nack", "the broker could not take it");
