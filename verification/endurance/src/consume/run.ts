import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker, until } from "@streamll/brokers";
import { ChildProgram } from "@streamll/harness";
import type { Progress } from "../progress.js";
import { Consumed, type ConsumedAccount } from "./account.js";
import { type ConsumerSetup, PREFETCH } from "./messages.js";
import { depthOf, publish } from "./publish.js";

export interface ConsumingRun {
  readonly account: ConsumedAccount;
  readonly seconds: number;
  readonly version: string;
  readonly wrong: readonly string[];
}

export interface ConsumingRequest {
  /** The broker's version begins so. */
  readonly on: string;
  readonly events: number;
  readonly consumerKills: number;
  readonly brokerKills: number;
  readonly hasStore: boolean;
  readonly progress: Progress;
}

const QUEUE = "consumed";
/** At the same time: one is active, and the other takes over. */
const CONSUMERS = 2;
const MOST_MS = 900_000;

/**
 * Kills consumers and their broker again and again while a queue with a single active consumer is read. Each handler writes
 * its event into one file, which is all that counts.
 */
export async function consumeThroughKills(request: ConsumingRequest): Promise<ConsumingRun> {
  const { on, events, consumerKills, brokerKills, hasStore, progress } = request;
  const folder = await mkdtemp(join(tmpdir(), "streamll-consume-"));
  const file = join(folder, "handled");
  const broker = await startBroker({ generation: on });
  const consumed = new Consumed(events);
  const programs: ChildProgram<object, never>[] = [];
  const wrong: string[] = [];
  await using written = await linesOf(file);
  let incarnations = 0;
  let last = 0;
  const begin = (place: number) => {
    const setup: ConsumerSetup = {
      url: broker.url,
      queue: QUEUE,
      file,
      incarnation: incarnations++,
      hasStore,
    };
    programs[place] = new ChildProgram(new URL("program.ts", import.meta.url), setup);
    placeOf.set(setup.incarnation, place);
  };
  /** By the number of a process. */
  const placeOf = new Map<number, number>();
  const reached = (goal: number) =>
    until(
      async () => {
        for (const [index, incarnation] of await written.next()) {
          consumed.take(index);
          last = incarnation;
        }
        return consumed.handled >= goal;
      },
      `${goal} events to be handled`,
      MOST_MS,
    );
  try {
    await publish(broker.url, QUEUE, events);
    const startedAt = performance.now();
    for (let place = 0; place < CONSUMERS; place++) begin(place);
    for (const { what, at } of killsOf(consumerKills, brokerKills)) {
      await reached(Math.floor(events * at));
      progress(`${consumed.handled} handled: the ${what} is killed`);
      if (what === "broker") {
        await broker.kill();
        // What was handled until then is read before it is marked.
        await reached(consumed.handled);
        consumed.brokerKilled();
        await broker.start();
      } else {
        const place = placeOf.get(last)!;
        programs[place]![Symbol.dispose]();
        await programs[place]!.exited;
        begin(place);
      }
    }
    await reached(events);
    const seconds = (performance.now() - startedAt) / 1000;
    for (const program of programs) {
      program.do({});
      const { byItself, code, stderr } = await program.end();
      if (!byItself || code !== 0) wrong.push(`a consumer ended with ${code}, by itself: ${byItself}`);
      if (stderr !== "") wrong.push(`a consumer's standard error: ${stderr}`);
    }
    await reached(events);
    const account = consumed.account();
    const depth = await depthOf(broker.url, QUEUE);
    if (depth > 0) wrong.push(`${depth} events are left in the queue`);
    wrong.push(...wrongsOf(account, hasStore ? 0 : consumerKills * PREFETCH, hasStore));
    return { account, seconds, version: broker.version, wrong };
  } finally {
    for (const program of programs) program[Symbol.dispose]();
    await broker.close();
    await rm(folder, { recursive: true });
  }
}

function* wrongsOf(
  { lost, twice, twiceByBroker, outOfOrder }: ConsumedAccount,
  mostTwice: number,
  hasStore: boolean,
): Generator<string> {
  if (lost > 0) yield `${lost} events were never handled`;
  if (twice > mostTwice) yield `${twice} events were handled twice, at most ${mostTwice} may be`;
  if (hasStore && twiceByBroker > 0) yield `${twiceByBroker} events were handled twice in spite of the store`;
  if (outOfOrder > 0) yield `${outOfOrder} events were handled behind a later one of their execution`;
}

/** Spread over the run, in turns. `at`: the share of the events that is handled by then. */
function killsOf(consumers: number, brokers: number): readonly { what: "consumer" | "broker"; at: number }[] {
  const spread = (what: "consumer" | "broker", count: number) =>
    Array.from({ length: count }, (_, index) => ({ what, at: (index + 0.5) / count }));
  return [...spread("consumer", consumers), ...spread("broker", brokers)].toSorted((a, b) => a.at - b.at);
}

/** Reads on in the file that the programs write. */
async function linesOf(path: string) {
  const file = await open(path, "a+");
  let rest = "";
  let at = 0;
  return {
    async next(): Promise<[index: number, incarnation: number][]> {
      const lines: [number, number][] = [];
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(1 << 16), 0, 1 << 16, at);
        if (bytesRead === 0) return lines;
        at += bytesRead;
        const whole = (rest + buffer.toString("latin1", 0, bytesRead)).split("\n");
        rest = whole.pop()!;
        for (const line of whole) lines.push(line.split(" ").map(Number) as [number, number]);
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
