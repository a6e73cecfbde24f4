import { type OwnBroker, startBroker } from "@streamll/brokers";
import { ChildProgram, type Exit, FaultProxy, type Found, Reader } from "@streamll/harness";
import type { Member } from "./fleet.js";
import { Ledger } from "./ledger.js";
import {
  executionOf,
  type LongCommand,
  type LongSaid,
  type LongSample,
  type SinkVerdict,
} from "./messages.js";

const PASSWORD = "right";
const SETTLE_MS = 120_000;
const STOP_MS = 75_000;

/** A sink of the program, and all that is around it. */
export interface Station extends Member {
  readonly proxy: FaultProxy;
  /** Of its queue first. */
  readonly readers: readonly [Reader, ...Reader[]];
  readonly ledger: Ledger;
  /** Connections that it lost. */
  losses: number;
}

/**
 * As Node.js has it by itself in a container of 512 MiB. On a large machine V8 lets garbage lie until it is several times
 * what is in use: that says nothing of a sink.
 */
export const HEAP_MIB = 256;

/** A broker of its own, a host program with several sinks, a proxy and a reader for each, and the time line. */
export class Rig implements AsyncDisposable {
  readonly broker: OwnBroker;
  readonly stations: readonly Station[];
  readonly timeline: string[] = [];
  readonly uncaught: string[] = [];
  readonly #program: ChildProgram<LongCommand, LongSaid>;
  readonly #startedAt = performance.now();
  #sample: LongSample | undefined;
  #verdicts: readonly SinkVerdict[] | undefined;
  #loaded = false;

  private constructor(broker: OwnBroker, stations: readonly Station[], events: number | undefined) {
    this.broker = broker;
    this.stations = stations;
    const sinks = stations.map(({ name, share, options, proxy }) => ({
      name,
      share,
      options: {
        ...options,
        amqpUrl: proxy.url,
        username: name,
        password: PASSWORD,
        exchange: name,
        queue: name,
        routingKey: "chaos.{event_type}",
      },
    }));
    const setup = { sinks, ...(events !== undefined && { events }) };
    this.#program = new ChildProgram(new URL("program.ts", import.meta.url), setup, {
      nodeFlags: [`--max-old-space-size=${HEAP_MIB}`],
    });
    this.#program.onSaid = (said) => this.#hear(said);
  }

  /** @param events of each sink; default: until {@link finish}. */
  static async with(members: readonly Member[], generation: string, events?: number): Promise<Rig> {
    // With it a message that the broker delivers again is told apart from one that the sink sent again.
    const stamp = { "message_interceptors.incoming.set_header_timestamp.overwrite": true };
    const config = generation.startsWith("3.") ? {} : stamp;
    const broker = await startBroker({ generation, config });
    const stations: Station[] = [];
    for (const member of members) {
      const { name } = member;
      await setPassword(broker, name);
      await grant(broker, name);
      const ledger = new Ledger((index) => executionOf(name, index));
      const readers: [Reader, ...Reader[]] = [new Reader(broker, name, (found) => ledger.found(found))];
      if (member.overflows) {
        // The broker took it in its place and hands it out later, as what it delivers again.
        const late = (found: Found) => ledger.found({ ...found, redelivered: true });
        readers.push(new Reader(broker, await makeOverflow(broker, name), late));
      }
      stations.push({ ...member, proxy: await FaultProxy.to(broker.url), readers, ledger, losses: 0 });
    }
    return new Rig(broker, stations, events);
  }

  /** Milliseconds since its beginning. */
  get now(): number {
    return performance.now() - this.#startedAt;
  }

  get sample(): LongSample {
    if (this.#sample === undefined) throw new Error("the program has said nothing yet");
    return this.#sample;
  }

  get verdicts(): readonly SinkVerdict[] | undefined {
    return this.#verdicts;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  get sums() {
    const sum = { accepted: 0, sent: 0, unsent: 0, found: 0 };
    for (const { accepted, stats } of this.sample.sinks) {
      sum.accepted += accepted;
      sum.sent += stats.events_sent;
      sum.unsent += stats.events_failed + stats.events_dropped;
    }
    for (const { ledger } of this.stations) sum.found += ledger.messages;
    return sum;
  }

  note(text: string): void {
    this.timeline.push(`${(this.now / 1000).toFixed(2).padStart(9)}  ${text}`);
  }

  do(command: LongCommand): void {
    this.#program.do(command);
  }

  until(holds: () => boolean, what: string, timeoutMs?: number): Promise<void> {
    return this.#program.until(holds, what, timeoutMs);
  }

  /** Connects all sinks, with what they declare written down, and lets the load begin. */
  async start(perSecond: number): Promise<void> {
    await this.until(() => this.#sample !== undefined, "the program to be there");
    this.do({ do: "start" });
    await this.until(() => this.sample.sinks.every(({ status }) => status === "up"), "all sinks to be up");
    // RabbitMQ writes down seconds later what it has answered: a kill before that takes declarations along.
    await this.broker.ctl("eval", "mnesia:sync_log().");
    this.do({ do: "rate", perSecond });
    this.do({ do: "load" });
  }

  /** Hands over nothing more; resolves when all is settled. */
  async settle(): Promise<void> {
    this.do({ do: "rate", perSecond: 0 });
    const settled = () =>
      this.sample.sinks.every(({ stats }) => stats.events_buffered + stats.events_in_flight === 0);
    await this.until(settled, "all to be settled", SETTLE_MS);
  }

  /** Stops the program; resolves when it has ended and the queues are empty. */
  async finish(): Promise<Exit> {
    this.note("stop");
    this.do({ do: "stop" });
    await this.until(() => this.#verdicts !== undefined, "stop()", STOP_MS);
    const exit = await this.#program.end();
    await Promise.all(this.stations.flatMap(({ readers }) => readers.map((reader) => reader.finish())));
    this.note("all queues are empty");
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program[Symbol.dispose]();
    for (const { readers, proxy } of this.stations) {
      for (const reader of readers) reader[Symbol.dispose]();
      await proxy[Symbol.asyncDispose]();
    }
    await this.broker.close();
  }

  #hear(said: LongSaid): void {
    if (said.kind === "sample") this.#sample = said;
    else if (said.kind === "stopped") this.#verdicts = said.sinks;
    else if (said.kind === "loaded") this.#loaded = true;
    else if (said.kind === "unsent") this.stations[said.sink]!.ledger.unsent(said.code, said.ids);
    else if (said.kind === "event") {
      const station = this.stations[said.sink]!;
      if (said.name === "disconnected" && said.hadError) station.losses++;
      this.note(`${station.name}: ${said.name} ${said.text}`);
    } else if (said.kind === "log") this.note(`${this.stations[said.sink]!.name}: log ${said.text}`);
    else if ("text" in said) {
      this.uncaught.push(`${said.kind}: ${said.text}`);
      this.note(`${said.kind}: ${said.text}`);
    }
  }
}

/** Makes the queue that gets what the broker drops of another one; gives its name. */
async function makeOverflow(broker: OwnBroker, queue: string): Promise<string> {
  const overflow = `${queue}.overflow`;
  await broker.manage("PUT", `queues/%2F/${overflow}`, { durable: true });
  await broker.manage("PUT", `policies/%2F/${overflow}`, {
    pattern: `^${queue}$`,
    "apply-to": "queues",
    definition: { "dead-letter-exchange": "", "dead-letter-routing-key": overflow },
  });
  return overflow;
}

/** Of the user that has the sink's name. */
export const setPassword = (broker: OwnBroker, name: string, password = PASSWORD) =>
  broker.manage("PUT", `users/${name}`, { password, tags: "" });

export const grant = (broker: OwnBroker, name: string, right = ".*") =>
  broker.manage("PUT", `permissions/%2F/${name}`, { configure: right, write: right, read: right });
