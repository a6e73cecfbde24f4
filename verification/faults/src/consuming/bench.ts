import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Broker, type Cluster, until } from "@streamll/brokers";
import type { EventConsumerOptions } from "@streamll/consumer";
import type { FakeServiceBus } from "@streamll/fake-service-bus";
import { ChildProgram, type Exit, FaultProxy } from "@streamll/harness";
import { within } from "@streamll/transport-kit";
import type { BehaviourName } from "./behaviours.js";
import { inTurn } from "./in-turn.js";
import { type ConsumerCommand, type ConsumerSaid, type ConsumerSetup, PREFETCH } from "./messages.js";
import { type ConsumingProtocol, type Seat, sourceOf } from "./seat.js";
import { deadQueueOf } from "./source/queue.js";
import { eventOf, type Source } from "./source/source.js";
import type { StreamSource } from "./source/stream.js";
import { type Moment, wordsSince } from "./timeline.js";

const PATIENCE_MS = 90_000;
const STREAM_ON_DISK_MS = 3000;

/** A broker, a proxy before it, a queue or stream that others fill, and programs with a consumer. */
export class ConsumingBench implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly name: string;
  readonly over: ConsumingProtocol;
  /** Of the consumer; a fault may set more before {@link begin}. */
  options: EventConsumerOptions;
  behaviour: BehaviourName;
  /** Bytes that each event has beside. */
  padding = 0;
  /** Of all programs. */
  readonly timeline: Moment[] = [];
  /** How each program ended. */
  readonly exits: Exit[] = [];
  program!: ChildProgram<ConsumerCommand, ConsumerSaid>;
  faultAt = Number.POSITIVE_INFINITY;
  mendedAt: number | undefined;
  /** Events that may come again since processes were killed or locks were lost. */
  mayComeAgain = 0;
  /** Events that were removed before anybody read them. */
  removed = 0;
  hasKilledBroker = false;
  put = 0;
  readonly source: Source;
  readonly #programs: ChildProgram<ConsumerCommand, ConsumerSaid>[] = [];
  readonly #file: string;
  readonly #folder: string;
  readonly #seat: Seat;
  /** Nodes are reached past the proxy. */
  #isDirect = false;
  /** Brokers that are down. */
  readonly #down = new Set<Broker>();
  readonly #cleanups: (() => unknown)[] = [];

  private constructor(seat: Seat, name: string, source: Source, proxy: FaultProxy, folder: string) {
    const { fault, over } = seat;
    this.#seat = seat;
    this.over = over;
    this.name = name;
    this.source = source;
    this.proxy = proxy;
    this.behaviour = fault.behaviour ?? "ordinary";
    this.#folder = folder;
    this.#file = join(folder, "handled");
    this.options = {
      ...source.optionsAt(proxy.port),
      prefetch: PREFETCH,
      heartbeat: 1,
      connectionTimeout: 5,
      retry: { attempts: 5, backoffMs: 20 },
      handlerTimeout: 20,
      drainTimeout: 5,
      ...fault.options,
    };
  }

  static async for(seat: Seat): Promise<ConsumingBench> {
    const name = `consuming-${randomUUID()}`;
    const source = sourceOf(seat, name);
    const folder = await mkdtemp(join(tmpdir(), "streamll-consuming-"));
    const proxy = await FaultProxy.to(source.url, { over: seat.over });
    await source.prepare();
    return new ConsumingBench(seat, name, source, proxy, folder);
  }

  get broker(): Broker {
    const { place } = this.#seat;
    if ("faults" in place) throw new Error("the fault needs a broker");
    return place;
  }

  get bus(): FakeServiceBus {
    const { place } = this.#seat;
    if (!("faults" in place)) throw new Error("the fault needs a server as Azure Service Bus");
    return place;
  }

  get cluster(): Cluster {
    const { cluster } = this.#seat;
    if (cluster === undefined) throw new Error("the fault needs a cluster");
    return cluster;
  }

  get stream(): StreamSource {
    if (this.over !== "streams") throw new Error("the fault needs a stream");
    return this.source as StreamSource;
  }

  /** Numbers of events, in the order in which handlers ended. */
  get handled(): number[] {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, "utf8").trim().split("\n").filter(Boolean).map(Number);
  }

  get deadQueue(): string {
    return deadQueueOf(this.name);
  }

  /** Connections that a consumer lost. */
  get losses(): number {
    return this.timeline.filter(
      (said) => said.kind === "event" && said.name === "disconnected" && said.code !== "",
    ).length;
  }

  /** Subscriptions of all consumers. */
  get connects(): number {
    return this.timeline.filter((said) => said.kind === "event" && said.name === "connected").length;
  }

  /** How much a program has received; the first is 0. */
  receivedBy(program: number): number {
    const last = this.timeline.findLast((said) => said.kind === "sample" && said.by === program);
    return last?.kind === "sample" ? last.received : 0;
  }

  /** Begins a program, which connects. Resolves when it is subscribed. */
  async begin(): Promise<void> {
    const setup: ConsumerSetup = {
      options: this.options,
      behaviour: this.behaviour,
      file: this.#file,
      proxyPort: this.over === "streams" && !this.#isDirect ? this.proxy.port : undefined,
    };
    const program = new ChildProgram<ConsumerCommand, ConsumerSaid>(
      new URL("program.ts", import.meta.url),
      setup,
    );
    const from = this.timeline.length;
    const by = this.#programs.push(program) - 1;
    program.onSaid = (said) => this.timeline.push({ ...said, at: performance.now(), by });
    this.program = program;
    void program.exited.then((exit) => this.exits.push(exit));
    await program.until(
      () => this.timeline.slice(from).some((said) => said.kind === "event" && said.name === "connected"),
      "the consumer to be subscribed",
      PATIENCE_MS,
    );
  }

  /** Lets consumers reach every node of the cluster, past the proxy. */
  atAllNodes(): void {
    this.#isDirect = true;
    const url = this.cluster.nodes.map((node) => sourceOf({ ...this.#seat, place: node }, this.name).url);
    this.options = { ...this.options, url };
  }

  /** Puts so many events into the queue, behind the bodies that are given, which are none. */
  async fill(count: number, foreign: readonly string[] = []): Promise<void> {
    const events = Array.from({ length: count }, (_, at) => eventOf(this.put + at, this.padding));
    this.put += count;
    await this.source.put([...foreign.map((body) => ({ body })), ...events]);
  }

  /** A consumer, and events that it handles: waits until so many of them are handled. */
  async underLoad(events = 6000, handled = 100): Promise<void> {
    await this.begin();
    await this.onDisk();
    await this.fill(events);
    await this.until(() => this.handled.length >= handled, `${handled} events to be handled`);
  }

  /** RabbitMQ writes a declaration down seconds after it has answered it: a kill before that takes the queue along. */
  async onDisk(): Promise<void> {
    if (this.over === "service-bus") return;
    await this.broker.ctl("eval", "mnesia:sync_log().");
    // Nothing tells when it would find a stream again.
    if (this.over === "streams") await sleep(STREAM_ON_DISK_MS);
  }

  /** Waits until each event is handled, but for so many. */
  allHandled(but = 0): Promise<void> {
    return this.until(
      () => new Set(this.handled).size >= this.put - this.removed - but,
      "all events to be handled",
    );
  }

  /** Waits until nothing is left to be settled. */
  isEmpty(): Promise<void> {
    return until(async () => (await this.source.left()) === 0, "all events to be settled", PATIENCE_MS);
  }

  until(holds: () => boolean, what: string): Promise<void> {
    return this.program.until(holds, what, PATIENCE_MS);
  }

  /** @throws Error where that takes too long. */
  within<T>(expected: Promise<T>, what: string): Promise<T> {
    const late = () => new Error(`timed out: waited for ${what}`);
    return within(PATIENCE_MS, new AbortController().signal, late, expected);
  }

  /** Waits until a program says what fits, such as `disconnected`, `problem TRANSPORT_AUTH` or `degraded`. */
  said(pattern: RegExp): Promise<void> {
    const isSaid = () => this.words.some((word) => pattern.test(word));
    return this.until(isSaid, `the consumer to say ${pattern}`);
  }

  /** What was said from the beginning of the fault on, each once. */
  get words(): string[] {
    return wordsSince(this.faultAt, this.timeline);
  }

  /** The fault begins with what this does. Of several calls the first counts. */
  async inflict(fault: () => unknown): Promise<void> {
    this.faultAt = Math.min(this.faultAt, performance.now());
    await fault();
  }

  /** Whatever this does ends the fault. Of several calls the last counts. */
  async mend(remedy: () => unknown = () => {}): Promise<void> {
    await remedy();
    this.mendedAt = performance.now();
  }

  async down(how: "kill" | "stop", broker = this.broker): Promise<void> {
    this.hasKilledBroker ||= how === "kill";
    await broker[how]();
    this.#down.add(broker);
  }

  async up(): Promise<void> {
    for (const broker of this.#down) await broker.start();
    this.#down.clear();
  }

  /** Waits until there are so many dead letters. */
  hasDead(count: number): Promise<void> {
    const holds = async () => (await this.source.dead()) === count;
    return until(holds, `${count} dead letters`, PATIENCE_MS);
  }

  /** SIGKILL to the program; resolves when it is gone. */
  async kill(): Promise<void> {
    this.program.signal("SIGKILL");
    await this.program.exited;
    await this.ended();
  }

  /** The program was killed: what it had not told the broker comes again. */
  async ended(): Promise<void> {
    this.mayComeAgain += await this.source.comesAgain(this.handled);
  }

  /** Stops the program; resolves with how long that took, in milliseconds. */
  async stop(): Promise<number> {
    const from = this.timeline.length;
    this.program.do({ do: "stop" });
    const stopped = () => this.timeline.slice(from).find((said) => said.kind === "stopped");
    await this.program.until(() => stopped() !== undefined, "stop()", PATIENCE_MS);
    await this.program.end();
    const said = stopped();
    return said?.kind === "stopped" ? said.drainMs : Number.NaN;
  }

  /** Undone in the end, in any case. */
  cleanUp(undo: () => unknown): void {
    this.#cleanups.unshift(undo);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) program[Symbol.dispose]();
    return inTurn([
      () => this.proxy.heal(),
      () => this.up(),
      ...this.#cleanups,
      () => this.proxy[Symbol.asyncDispose](),
      () => rm(this.#folder, { recursive: true }),
      () => this.source.remove(),
    ]);
  }
}
