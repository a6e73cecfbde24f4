import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Broker, Cluster } from "@streamll/brokers";
import type { EventConsumerOptions } from "@streamll/consumer";
import { ChildProgram, type Exit, FaultProxy } from "@streamll/harness";
import { within } from "@streamll/transport-kit";
import { connect } from "amqplib";
import type { BehaviourName } from "./behaviours.js";
import { type ConsumerCommand, type ConsumerSaid, type ConsumerSetup, executionOf } from "./messages.js";

export const PREFETCH = 200;
const PATIENCE_MS = 90_000;

/** Something that a program said, by the clock of the bench. */
export type Moment = ConsumerSaid & { readonly at: number };

/** A broker, a proxy before it, a queue that amqplib fills, and programs with a consumer. */
export class ConsumingBench implements AsyncDisposable {
  readonly broker: Broker;
  readonly proxy: FaultProxy;
  readonly name = `consuming-${randomUUID()}`;
  /** Of the consumer; a fault may set more before {@link begin}. */
  options: EventConsumerOptions;
  behaviour: BehaviourName;
  /** Of all programs. */
  readonly timeline: Moment[] = [];
  /** How each program ended. */
  readonly exits: Exit[] = [];
  program!: ChildProgram<ConsumerCommand, ConsumerSaid>;
  faultAt = Number.POSITIVE_INFINITY;
  mendedAt: number | undefined;
  /** Kills of consumers, each of which may double what that had unsettled. */
  kills = 0;
  hasKilledBroker = false;
  put = 0;
  readonly #file: string;
  readonly #folder: string;
  readonly #cluster: Cluster | undefined;
  /** Brokers that are down. */
  readonly #down = new Set<Broker>();
  readonly #cleanups: (() => unknown)[] = [];

  private constructor(
    broker: Broker,
    proxy: FaultProxy,
    folder: string,
    behaviour: BehaviourName,
    cluster: Cluster | undefined,
  ) {
    this.broker = broker;
    this.#cluster = cluster;
    this.proxy = proxy;
    this.behaviour = behaviour;
    this.#folder = folder;
    this.#file = join(folder, "handled");
    this.options = {
      url: proxy.url,
      exchange: this.name,
      queue: this.name,
      bindings: ["#"],
      deadLetterExchange: `${this.name}-dead`,
      prefetch: PREFETCH,
      heartbeat: 1,
      connectionTimeout: 5,
      retry: { attempts: 5, backoffMs: 20 },
      handlerTimeout: 20,
      drainTimeout: 5,
    };
  }

  static async for(
    broker: Broker,
    behaviour: BehaviourName,
    cluster: Cluster | undefined,
  ): Promise<ConsumingBench> {
    const folder = await mkdtemp(join(tmpdir(), "streamll-consuming-"));
    return new ConsumingBench(broker, await FaultProxy.to(broker.url), folder, behaviour, cluster);
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error("the fault needs a cluster");
    return this.#cluster;
  }

  /** Numbers of events, in the order in which handlers ended. */
  get handled(): number[] {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, "utf8").trim().split("\n").filter(Boolean).map(Number);
  }

  get deadQueue(): string {
    return `${this.name}-dead.failed`;
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

  /** Begins a program, which connects. Resolves when it is subscribed. */
  async begin(): Promise<void> {
    const setup: ConsumerSetup = { options: this.options, behaviour: this.behaviour, file: this.#file };
    const program = new ChildProgram<ConsumerCommand, ConsumerSaid>(
      new URL("program.ts", import.meta.url),
      setup,
    );
    const from = this.timeline.length;
    program.onSaid = (said) => this.timeline.push({ ...said, at: performance.now() });
    this.program = program;
    void program.exited.then((exit) => this.exits.push(exit));
    await program.until(
      () => this.timeline.slice(from).some((said) => said.kind === "event" && said.name === "connected"),
      "the consumer to be subscribed",
      PATIENCE_MS,
    );
  }

  /** Puts so many events into the queue, or the bodies that are given, which are none. */
  async fill(count: number, foreign: readonly string[] = []): Promise<void> {
    const connection = await connect(this.broker.url);
    const channel = await connection.createConfirmChannel();
    const persistent = { persistent: true };
    for (const body of foreign) channel.sendToQueue(this.name, Buffer.from(body), persistent);
    for (let index = this.put; index < this.put + count; index++) {
      const execution = executionOf(index);
      const event = { event_type: "end", event_id: String(index), execution_id: execution, data: { index } };
      channel.sendToQueue(this.name, Buffer.from(JSON.stringify(event)), {
        ...persistent,
        messageId: String(index),
        correlationId: execution,
      });
    }
    this.put += count;
    await channel.waitForConfirms();
    await connection.close();
  }

  /** A consumer, and events that it handles: waits until so many of them are handled. */
  async underLoad(events = 6000, handled = 100): Promise<void> {
    await this.begin();
    // RabbitMQ writes a declaration down seconds after it has answered it: a kill before that takes the queue along.
    await this.broker.ctl("eval", "mnesia:sync_log().");
    await this.fill(events);
    await this.until(() => this.handled.length >= handled, `${handled} events to be handled`);
  }

  /** Waits until each event is handled, but for so many. */
  allHandled(but = 0): Promise<void> {
    return this.until(() => new Set(this.handled).size >= this.put - but, "all events to be handled");
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
    const words = new Set<string>();
    for (const moment of this.timeline) {
      if (moment.at < this.faultAt) continue;
      if (moment.kind === "event") words.add(`${moment.name} ${moment.code}`.trim());
      if (moment.kind === "sample") words.add(moment.health.status);
    }
    return [...words];
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

  /** Sets parameters of the running broker, until the end. */
  async configure(parameters: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, value] of Object.entries(parameters)) {
      const before = await this.broker.ctl("eval", `application:get_env(rabbit, ${name}).`);
      const [, old] = /^\{ok,(.*)\}/.exec(before.trim()) ?? [];
      const restore = old === undefined ? `unset_env(rabbit, ${name})` : `set_env(rabbit, ${name}, ${old})`;
      this.cleanUp(() => this.broker.ctl("eval", `application:${restore}.`));
      await this.broker.ctl("eval", `application:set_env(rabbit, ${name}, ${value}).`);
    }
  }

  /** Waits until there are so many dead letters. */
  async hasDead(count: number): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await this.depth(this.deadQueue);
      if (found === count) return;
      if (performance.now() > end) throw new Error(`there are ${found} dead letters, not ${count}`);
      await sleep(100);
    }
  }

  /** SIGKILL to the program; resolves when it is gone. */
  async kill(): Promise<void> {
    this.kills++;
    this.program.signal("SIGKILL");
    await this.program.exited;
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

  /** Messages that are left in a queue; 0 where there is none. */
  async depth(queue: string): Promise<number> {
    const connection = await connect(this.broker.url);
    const channel = await connection.createChannel();
    channel.on("error", () => {});
    try {
      return (await channel.checkQueue(queue)).messageCount;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 404) return 0;
      throw error;
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program?.[Symbol.dispose]();
    await this.proxy.heal();
    await this.up();
    for (const undo of this.#cleanups) await undo();
    await this.proxy[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
    const connection = await connect(this.broker.url);
    const channel = await connection.createChannel();
    for (const queue of [this.name, this.deadQueue]) await channel.deleteQueue(queue);
    for (const exchange of [this.name, `${this.name}-dead`]) await channel.deleteExchange(exchange);
    await connection.close();
  }
}
