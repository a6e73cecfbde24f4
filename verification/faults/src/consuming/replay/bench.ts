import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, until } from "@streamll/brokers";
import type { ReplayOptions, ReplayReport } from "@streamll/consumer";
import { ChildProgram, type Exit, FaultProxy } from "@streamll/harness";
import { within } from "@streamll/transport-kit";
import type { ConfirmChannel } from "amqplib";
import { inTurn } from "../in-turn.js";
import { executionOf } from "../messages.js";
import { onChannel, urlAt } from "../source/queue.js";
import type { ReplaySaid, ReplaySetup } from "./messages.js";

const PATIENCE_MS = 90_000;
/** Unconfirmed letters of amqplib. */
const CHUNK = 10_000;

/** What a letter is, where it is not of the ordinary kind. */
export interface LetterKind {
  readonly code?: string;
  /** Default: the queue of the bench, by the default exchange. */
  readonly exchange?: string;
  readonly routingKey?: string;
}

/** Runs a program once. */
export interface Run {
  readonly program: ChildProgram<never, ReplaySaid>;
  readonly said: readonly ReplaySaid[];
  /** Of a run that was not killed. */
  report(): Promise<ReplayReport>;
  kill(): Promise<void>;
}

/** A queue of dead letters, which amqplib fills, a queue that they were meant for, and programs that replay them. */
export class ReplayBench implements AsyncDisposable {
  readonly broker: Broker;
  readonly proxy: FaultProxy;
  /** Where letters were meant for. */
  readonly home = `replay-${randomUUID()}`;
  readonly queue = `${this.home}.failed`;
  readonly journal: string;
  readonly exits: Exit[] = [];
  readonly said: ReplaySaid[] = [];
  /** Of all runs that came to their end, in order. */
  readonly reports: ReplayReport[] = [];
  put = 0;
  readonly #folder: string;
  readonly #programs: ChildProgram<never, ReplaySaid>[] = [];
  readonly #cleanups: (() => unknown)[] = [];

  private constructor(broker: Broker, proxy: FaultProxy, folder: string) {
    this.broker = broker;
    this.proxy = proxy;
    this.#folder = folder;
    this.journal = join(folder, "journal");
  }

  static async for(broker: Broker, queueType: "classic" | "quorum"): Promise<ReplayBench> {
    const folder = await mkdtemp(join(tmpdir(), "streamll-replay-"));
    const bench = new ReplayBench(broker, await FaultProxy.to(broker.url), folder);
    await onChannel(broker, async (channel) => {
      await channel.assertQueue(bench.home);
      await channel.assertQueue(bench.queue, { arguments: { "x-queue-type": queueType } });
    });
    return bench;
  }

  /** Puts letters into the queue; each has its number as its id. */
  async fill(count: number, kindOf: (index: number) => LetterKind = () => ({})): Promise<void> {
    await onChannel(this.broker, async (channel) => {
      for (const end = this.put + count; this.put < end; this.put++) {
        const { code = "COMMON", exchange = "", routingKey = this.home } = kindOf(this.put);
        channel.sendToQueue(this.queue, Buffer.from(JSON.stringify({ event_type: "end", data: {} })), {
          messageId: String(this.put),
          correlationId: executionOf(this.put),
          persistent: true,
          headers: { streamll_failure: code, streamll_exchange: exchange, streamll_routing_key: routingKey },
        });
        if (this.put % CHUNK === 0) await channel.waitForConfirms();
      }
      await channel.waitForConfirms();
    });
  }

  /** Begins a replay, which ends by itself, or is killed. */
  begin(options: ReplayOptions, then?: ReplaySetup["then"]): Run {
    return this.#begin({ do: "replay", options }, then);
  }

  /** Replays to the end. */
  replay(options: ReplayOptions = {}): Promise<ReplayReport> {
    return this.begin(options).report();
  }

  /** Lists the letters so many times, and gives how many each look has found. */
  async list(times: number): Promise<number[]> {
    const { program, said } = this.#begin({ do: "list", times });
    await this.within(program.exited, "the looks to end");
    return said.flatMap((one) => (one.kind === "listed" ? [one.matched] : []));
  }

  #begin(task: ReplaySetup["task"], then?: ReplaySetup["then"]): Run {
    const source = { url: urlAt(this.broker.url, this.proxy.port), queue: this.queue };
    const setup: ReplaySetup = { source, task, then };
    const program = new ChildProgram<never, ReplaySaid>(new URL("program.ts", import.meta.url), setup);
    this.#programs.push(program);
    const said: ReplaySaid[] = [];
    program.onSaid = (one) => {
      said.push(one);
      this.said.push(one);
    };
    void program.exited.then((exit) => this.exits.push(exit));
    return {
      program,
      said,
      report: async () => {
        await this.within(program.exited, "the replay to end");
        const last = said.at(-1);
        if (last?.kind !== "report") throw new Error("a replay has ended without a report");
        this.reports.push(last.report);
        return last.report;
      },
      kill: async () => {
        program.signal("SIGKILL");
        await program.exited;
      },
    };
  }

  /** Waits until the queue has so many letters again: what is given back, or dies again, takes a moment. */
  hasLetters(count: number): Promise<void> {
    const holds = async () =>
      (await this.use((channel) => channel.checkQueue(this.queue))).messageCount === count;
    return until(holds, `${count} letters in the queue`, PATIENCE_MS);
  }

  /** @throws Error where that takes too long. */
  within<T>(expected: Promise<T>, what: string): Promise<T> {
    const late = () => new Error(`timed out: waited for ${what}`);
    return within(PATIENCE_MS, new AbortController().signal, late, expected);
  }

  use<T>(then: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    return onChannel(this.broker, then);
  }

  /** Kills what still runs. */
  async end(): Promise<void> {
    for (const program of this.#programs) program[Symbol.dispose]();
    await Promise.all(this.#programs.map(({ exited }) => exited));
  }

  /** Takes what a queue holds, and gives the numbers of the letters in their order. */
  taken(queue: string): Promise<number[]> {
    return this.use(async (channel) => {
      const { messageCount } = await channel.checkQueue(queue);
      const found: number[] = [];
      if (messageCount === 0) return found;
      const all = new Promise<void>((resolve, reject) => {
        const take = ({ properties }: { readonly properties: { readonly messageId: string } }) => {
          if (found.push(Number(properties.messageId)) === messageCount) resolve();
        };
        channel.consume(queue, (message) => message && take(message), { noAck: true }).catch(reject);
      });
      await this.within(all, `${messageCount} letters of ${queue}`);
      return found;
    });
  }

  /** Undone in the end, in any case. */
  cleanUp(undo: () => unknown): void {
    this.#cleanups.unshift(undo);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return inTurn([
      () => this.end(),
      ...this.#cleanups,
      () => this.proxy[Symbol.asyncDispose](),
      () => rm(this.#folder, { recursive: true }),
      () =>
        this.use(async (channel) => {
          for (const queue of [this.home, this.queue]) await channel.deleteQueue(queue);
        }),
    ]);
  }
}
