import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Broker } from "@streamll/brokers";
import { FaultProxy } from "@streamll/harness";
import { connect } from "amqplib";
import type { Progress } from "../progress.js";
import { Random } from "../random.js";
import { judgeSpool, type SpoolAccount } from "./account.js";
import { begun } from "./begun.js";
import type { SpoolSetup } from "./messages.js";

export interface SpoolRequest {
  readonly broker: Broker;
  readonly kills: number;
  readonly isStream: boolean;
  readonly seed: number;
  readonly progress: Progress;
}

export interface SpoolRun {
  readonly account: SpoolAccount;
  readonly seconds: number;
  readonly wrong: readonly string[];
}

/** So many numbers a program has for its events at most. */
const NUMBERS = 1_000_000;
const MOST_MS = 600_000;

/**
 * Kills a program with a spool again and again while the broker is there, frozen, or cut off, and reads everything back by
 * a client of somebody else.
 */
export async function spoolThroughKills({
  broker,
  kills,
  isStream,
  seed,
  progress,
}: SpoolRequest): Promise<SpoolRun> {
  const random = new Random(seed);
  const folder = await mkdtemp(join(tmpdir(), "streamll-spool-"));
  await using proxy = await FaultProxy.to(broker.url);
  const name = `spooled-${seed}-${isStream ? "stream" : "queue"}`;
  const ledger = join(folder, "ledger");
  // A stream's publisher goes to the node that leads it, and not by way of the proxy.
  const url = isStream ? `rabbitmq-stream://guest:guest@127.0.0.1:${broker.streamPort}/` : proxy.url;
  const setup: Omit<SpoolSetup, "from" | "isLast"> = {
    url,
    name,
    isStream,
    directory: join(folder, "spool"),
    ledger,
  };
  const startedAt = performance.now();
  let program: ChildProcess | undefined;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const { child, lines } = begun("program.ts", { ...setup, from: kill * NUMBERS, isLast: false });
      program = child;
      await lines.next();
      await pause(random.between(0, 150));
      const weather = random.oneOf(
        isStream ? (["up", "frozen"] as const) : (["up", "up", "down", "flaps"] as const),
      );
      await suffer(weather, proxy, broker, random);
      child.kill("SIGKILL");
      await once(child, "close");
      if (weather === "frozen") await broker.resume();
      else if (random.next() < 0.5) await proxy.heal();
      if ((kill + 1) % 10 === 0) progress(`${kill + 1} of ${kills} kills`);
    }
    await proxy.heal();
    const { child, lines } = begun("program.ts", { ...setup, from: 0, isLast: true });
    program = child;
    const late = setTimeout(() => child.kill("SIGKILL"), MOST_MS);
    await lines.next();
    const last = JSON.parse((await lines.next()).value ?? "{}") as { events_spool_lost?: number };
    clearTimeout(late);
    const arrived = await readBack(broker.url, name, isStream);
    const account = judgeSpool(await readFile(ledger, "utf8"), arrived);
    const wrong = [...wrongsOf(account, isStream)];
    if (last.events_spool_lost !== 0)
      wrong.push(`the last program did not end, or lost events: ${JSON.stringify(last)}`);
    return { account, seconds: (performance.now() - startedAt) / 1000, wrong };
  } finally {
    program?.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

type Weather = "up" | "frozen" | "down" | "flaps";

async function suffer(weather: Weather, proxy: FaultProxy, broker: Broker, random: Random): Promise<void> {
  if (weather === "frozen") await broker.pause();
  if (weather === "down") {
    proxy.refuse();
    proxy.reset();
  }
  for (let flap = 0; weather === "flaps" && flap < 4; flap++) {
    proxy.reset();
    await pause(random.between(5, 40));
  }
  await pause(random.between(0, 200));
}

function* wrongsOf(
  { lost, lostFirst, outOfOrder, twice, sentAgain, accepted }: SpoolAccount,
  isStream: boolean,
): Generator<string> {
  if (accepted === 0) yield "nothing was accepted";
  if (lost > 0) yield `${lost} accepted events did not arrive: ${lostFirst}`;
  if (outOfOrder > 0) yield `${outOfOrder} events arrived behind a later one of their execution`;
  if (sentAgain > 0) yield `${sentAgain} events were sent again after they had been answered`;
  if (isStream && twice > 0) yield `${twice} events are in the stream twice`;
}

/** The numbers of the events in the order in which they lie there. */
async function readBack(url: string, name: string, isStream: boolean): Promise<number[]> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const numbers: number[] = [];
  await channel.prefetch(2000);
  let readAt = performance.now();
  const streaming = { arguments: { "x-stream-offset": "first" } };
  await channel.consume(
    name,
    (message) => {
      if (message === null) return;
      numbers.push((JSON.parse(message.content.toString()) as { data: { index: number } }).data.index);
      channel.ack(message);
      readAt = performance.now();
    },
    isStream ? streaming : {},
  );
  // A stream has no count of what is left.
  while (performance.now() - readAt < 3000) await pause(100);
  await connection.close();
  return numbers;
}
