import { randomUUID } from "node:crypto";
import { type Broker, type Cluster, type FoundMessage, openChannel, readQueue } from "@streamll/brokers";
import type { FakePubSub } from "@streamll/fake-pubsub";
import type { FakeServiceBus } from "@streamll/fake-service-bus";
import { defaults, FaultProxy, type Protocol } from "@streamll/harness";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { Found } from "./account.js";
import type { BehaviourName } from "./behaviours.js";
import { HostProgram } from "./host-program.js";
import { defaultLoad, type Load } from "./messages.js";
import { sayings } from "./sayings.js";

/** Where a row is run. */
export type Place = Broker | Cluster | FakeServiceBus | FakePubSub;

const isPubSub = (place: Place): place is FakePubSub => "grpcHost" in place;

/** What a bench is of. */
export interface Seat {
  readonly over: Protocol;
  /** Default: one broker, of each generation that speaks the protocol. */
  readonly on?: "cluster";
}

/** What a sink and its program are given, where a fault needs other than they usually have. */
export interface Given {
  /** Over those that {@link Bench} gives every sink. */
  readonly options?: RabbitMQSinkOptions;
  readonly load?: Load;
  readonly behaviour?: BehaviourName;
}

/** Whether what is to be run is for such a place. */
export function isFor({ over, on }: Seat, place: Place): boolean {
  if (isPubSub(place)) return over === "pubsub";
  if ("faults" in place) return over === "service-bus";
  if ("nodes" in place) return on === "cluster";
  if (over === "service-bus" || over === "pubsub" || on === "cluster") return false;
  return over !== "amqp10" || Number.parseInt(place.generation, 10) >= 4;
}

/** What a fault is made with: a broker, a proxy before it, and a host program whose sink connects by way of that. */
export class Bench implements AsyncDisposable {
  /** The nodes of the cluster, or the one broker; none of Service Bus and of Pub/Sub. */
  readonly nodes: readonly Broker[];
  readonly proxy: FaultProxy;
  /** Of exchange and queue. */
  readonly name = `faults-${randomUUID()}`;
  /** Where the events are read in the end. */
  readonly queues: { readonly url: string; readonly queue: string }[];
  /** What was read before a fault took it away. */
  #aside: readonly Found[] = [];
  /** Of the sink; a fault may set more before {@link start}. */
  options: RabbitMQSinkOptions;
  /** Of the program; a fault may set more before {@link start}. */
  readonly environment: Record<string, string> = {};
  readonly nodeFlags: string[] = [];
  faultAt = Number.POSITIVE_INFINITY;
  mendedAt: number | undefined;
  readonly #row: Seat & Given;
  readonly #place: Place;
  #program: HostProgram | undefined;
  readonly #down = new Set<Broker>();
  readonly #cleanups: (() => unknown)[] = [];

  private constructor(row: Seat & Given, place: Place, proxy: FaultProxy) {
    this.#row = row;
    this.#place = place;
    this.nodes = nodesOf(place);
    this.proxy = proxy;
    this.queues = this.nodes.slice(0, 1).map(({ url }) => ({ url, queue: this.name }));
    this.options = { ...defaults, amqpUrl: proxy.url, exchange: this.name, ...this.#own(), ...row.options };
    if ("faults" in place && !isPubSub(place)) place.add(this.name);
  }

  static async for(row: Seat & Given, place: Place): Promise<Bench> {
    const { over } = row;
    return new Bench(row, place, await FaultProxy.to(addressOf(place, over), { over }));
  }

  /** Options of the protocol's own. */
  #own(): RabbitMQSinkOptions {
    switch (this.over) {
      case "amqp":
        return { queue: this.name };
      case "amqp10":
        return { queue: this.name, amqpVersion: "1.0" };
      case "service-bus":
        return { amqpUrl: this.bus.connectionString.replace(`:${this.bus.port}/`, `:${this.proxy.port}/`) };
      case "streams":
      case "pubsub":
        return {};
    }
  }

  get over(): Protocol {
    return this.#row.over;
  }

  get broker(): Broker {
    const [first] = this.nodes;
    if (first === undefined) throw new Error("this row needs a broker");
    return first;
  }

  get bus(): FakeServiceBus {
    if (!("faults" in this.#place) || isPubSub(this.#place))
      throw new Error("this row needs a server as Azure Service Bus");
    return this.#place;
  }

  get pubsub(): FakePubSub {
    if (!isPubSub(this.#place)) throw new Error("this row needs a server as Google Cloud Pub/Sub");
    return this.#place;
  }

  /** The broker's, past the proxy, for the sink. */
  directUrl(broker = this.broker): string {
    return urlOf(broker, this.over);
  }

  get cluster(): Cluster {
    if (!("nodes" in this.#place)) throw new Error("this row needs a cluster");
    return this.#place;
  }

  get program(): HostProgram {
    if (this.#program === undefined) throw new Error("the program was not started");
    return this.#program;
  }

  get started(): boolean {
    return this.#program !== undefined;
  }

  get load(): Load {
    return { ...defaultLoad, ...this.#row.load };
  }

  /** What {@link program} said last. */
  get now() {
    const { last } = this.program;
    if (last === undefined) throw new Error("the program has said nothing yet");
    return last;
  }

  /** Connections that the sink has lost. */
  get losses(): number {
    return this.program.timeline.filter((moment) => moment.kind === "event" && moment.name === "disconnected")
      .length;
  }

  /** Makes the host program, which calls `start()` of its sink. Does not wait for a connection. */
  async start(): Promise<void> {
    const { load, options } = this;
    this.#program = new HostProgram({ options, load, behaviour: this.#row.behaviour }, this);
    await this.program.until(() => this.program.last !== undefined, "the program to be there");
    this.program.do({ do: "start" });
  }

  /** Starts the program, and its load; waits until so many events are confirmed. */
  async underLoad(confirmed = 1000): Promise<void> {
    await this.start();
    await this.handOver(confirmed);
  }

  /** Lets the load of a started program begin; waits until so many events are confirmed. */
  async handOver(confirmed = 1000): Promise<void> {
    this.program.do({ do: "load" });
    await this.until(() => this.now.stats.events_sent >= confirmed, `${confirmed} confirmed events`);
  }

  /** Waits until so many more events are confirmed. */
  async sent(count = 1000): Promise<void> {
    const goal = this.now.stats.events_sent + count;
    await this.until(() => this.now.stats.events_sent >= goal, `${count} more confirmed events`);
  }

  until(holds: () => boolean, what: string, timeoutMs?: number): Promise<void> {
    return this.program.until(holds, what, timeoutMs);
  }

  /** The fault begins with what this does. Of several calls the first counts. */
  async inflict(fault: () => unknown): Promise<void> {
    this.faultAt = Math.min(this.faultAt, performance.now());
    await fault();
  }

  /** Whatever this does ends the fault: from now on the sink should recover. Of several calls the last counts. */
  async mend(remedy: () => unknown = () => {}): Promise<void> {
    await remedy();
    this.mendedAt = performance.now();
  }

  /** Ends a node. It runs again when the bench is done, whatever happens. */
  async down(how: "kill" | "stop", node = this.broker): Promise<void> {
    await node[how]();
    this.#down.add(node);
  }

  async up(node = this.broker): Promise<void> {
    await node.start();
    this.#down.delete(node);
  }

  /** Waits until something that the sink says fits: an event's name, the text of health, or a line of the log. */
  async said(pattern: RegExp, timeoutMs?: number): Promise<void> {
    const { faultAt, program } = this;
    await this.until(
      () =>
        Object.values(sayings({ timeline: program.timeline, faultAt }))
          .flat()
          .some((text) => pattern.test(text)),
      `the sink to say ${pattern}`,
      timeoutMs,
    );
  }

  /** Undone in the end, in any case. */
  cleanUp(undo: () => unknown): void {
    this.#cleanups.unshift(undo);
  }

  /** Puts right what can be: a row that failed half-way shall still come to its end. */
  async heal(): Promise<void> {
    await this.proxy.heal();
    // At the same time: one alone may wait for the others.
    await Promise.all([...this.#down].map((node) => this.up(node)));
  }

  async readBack(): Promise<Found[]> {
    if (isPubSub(this.#place)) return storedIn(this.#place, this.name);
    if ("faults" in this.#place) return foundIn(this.#place, this.name);
    let found = [...this.#aside];
    const isStream = this.over === "streams";
    for (const { url, queue } of this.queues) {
      // A replica that is behind has no consumers.
      const node = isStream && "nodes" in this.#place ? await this.cluster.leaderOf(queue) : { url };
      found = found.concat((await readQueue(node, queue, { isStream })).flatMap(eventsOf));
    }
    return found;
  }

  /** Reads now what is about to go. */
  async setAside(): Promise<void> {
    this.#aside = await this.readBack();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program?.[Symbol.dispose]();
    await this.heal();
    await this.proxy[Symbol.asyncDispose]();
    for (const undo of this.#cleanups) await undo();
    if (isPubSub(this.#place)) return;
    if ("faults" in this.#place) return this.#place.remove(this.name);
    await using channel = await openChannel(this.broker.url);
    await channel.deleteQueue(this.name);
    await channel.deleteExchange(this.name);
  }
}

/** The events of a message, each as if it were one of its own. */
function eventsOf(message: FoundMessage): Found[] {
  const { streamll_batch: count } = message.headers;
  if (count === undefined) return [message];
  const events = JSON.parse(message.body) as { readonly event_id: string; readonly execution_id: string }[];
  if (events.length !== Number(count))
    throw new Error(`a batch says ${count} and has ${events.length} events`);
  return events.map((one) => ({ messageId: one.event_id, correlationId: one.execution_id }));
}

function urlOf(broker: Broker, over: Protocol): string {
  const { hostname } = new URL(broker.url);
  return over === "streams" ? `rabbitmq-stream://${hostname}:${broker.streamPort}/` : broker.url;
}

function nodesOf(place: Place): readonly Broker[] {
  if ("faults" in place) return [];
  return "nodes" in place ? place.nodes : [place];
}

function addressOf(place: Place, over: Protocol): string {
  if (isPubSub(place)) return `pubsub-emulator://${place.host}/${place.project}`;
  return "faults" in place ? `amqp://${place.host}:${place.port}/` : urlOf(nodesOf(place)[0]!, over);
}

const storedIn = (fake: FakePubSub, topic: string): Found[] =>
  fake.stored(topic).map(({ attributes: { message_id = "", correlation_id = "" } }) => ({
    messageId: message_id,
    correlationId: correlation_id,
  }));

const foundIn = (bus: FakeServiceBus, entity: string): Found[] =>
  bus.received(entity).map(({ message }) => ({
    messageId: String(message.message_id),
    correlationId: String(message.correlation_id),
  }));
