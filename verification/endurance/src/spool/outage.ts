import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Broker } from "@streamll/brokers";
import { connect } from "amqplib";
import type { Progress } from "../progress.js";
import { begun } from "./begun.js";

/** A program whose broker is gone while it accepts so many events, at so many a second. */
export interface Outage {
  readonly url: string;
  /** The stream, and one for what is sent without a spool, to compare. */
  readonly name: string;
  readonly plainName: string;
  readonly directory: string;
  readonly events: number;
  readonly perSecond: number;
  /** So many a second come while the spool is drained. */
  readonly meanwhile: number;
}

interface Phase {
  readonly rssBytes: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

/** What the program saw. */
export interface OutageSeen {
  readonly fillSeconds: number;
  readonly diskBytes: number;
  readonly filling: Phase;
  readonly draining: Phase;
  readonly accepted: number;
  readonly drainSeconds: number;
  /** Events a second, while the spool was drained and without a spool. */
  readonly drainRate: number;
  readonly plainRate: number;
  readonly sent: number;
  readonly notSent: number;
  readonly leftBytes: number;
}

export interface OutageRun {
  readonly seen: OutageSeen;
  readonly lost: number;
  readonly twice: number;
  readonly wrong: readonly string[];
}

/** The rate at which a spool is drained, as a part of the rate without one. */
const LEAST_RATE = 0.8;

/** Fills a spool while the broker is down, and has it drained while new events come. */
export async function spoolThroughOutage(
  broker: Broker,
  size: Pick<Outage, "events" | "perSecond" | "meanwhile">,
  progress: Progress,
): Promise<OutageRun> {
  const folder = await mkdtemp(join(tmpdir(), "streamll-outage-"));
  const [name, plainName] = ["outage", "outage-plain"];
  const url = `rabbitmq-stream://guest:guest@127.0.0.1:${broker.streamPort}/`;
  await broker.stop();
  const setup: Outage = { ...size, url, name, plainName, directory: join(folder, "spool") };
  const { child, lines } = begun("outage-program.ts", setup);
  try {
    await lines.next();
    progress("filled; the broker comes up");
    await broker.start();
    child.stdin!.write("up\n");
    const seen = JSON.parse((await lines.next()).value ?? "null") as OutageSeen | null;
    if (seen === null) throw new Error("the program with the spool has ended");
    progress("drained; everything is read back");
    const { lost, twice } = await countedIn(broker.url, name, seen.accepted);
    return { seen, lost, twice, wrong: [...wrongsOf(seen, lost, twice)] };
  } finally {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

function* wrongsOf(seen: OutageSeen, lost: number, twice: number): Generator<string> {
  const { drainRate, plainRate, sent, notSent, accepted, leftBytes } = seen;
  if (lost > 0) yield `${lost} accepted events are not in the stream`;
  if (twice > 0) yield `${twice} events are in the stream twice`;
  if (sent !== accepted || notSent > 0) yield `${accepted} accepted, ${sent} sent, ${notSent} not sent`;
  if (leftBytes > 0) yield `${leftBytes} bytes are left on disk`;
  if (drainRate < LEAST_RATE * plainRate)
    yield `drained at ${Math.round(drainRate)} events/s, less than ${LEAST_RATE} of ${Math.round(plainRate)}`;
}

/** Reads the stream by amqplib alone. */
async function countedIn(
  url: string,
  name: string,
  events: number,
): Promise<{ lost: number; twice: number }> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const seen = new Uint8Array(events);
  const key = Buffer.from('"index":');
  let twice = 0;
  let readAt = performance.now();
  let read = 0;
  await channel.prefetch(20_000);
  await channel.consume(
    name,
    (message) => {
      if (message === null) return;
      const from = message.content.indexOf(key) + key.length;
      const index = Number.parseInt(message.content.toString("latin1", from, from + 12), 10);
      if (seen[index]!++ > 0) twice++;
      if (++read % 5000 === 0) channel.ack(message, true);
      readAt = performance.now();
    },
    { arguments: { "x-stream-offset": "first" } },
  );
  while (performance.now() - readAt < 5000) await pause(100);
  await connection.close();
  return { lost: seen.reduce((sum, times) => sum + (times === 0 ? 1 : 0), 0), twice };
}
