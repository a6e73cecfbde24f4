import { startBroker, unreadable } from "@streamll/brokers";
import {
  circumstances,
  commandLine,
  endWith,
  markdownTable,
  UsageError,
  writeBetween,
} from "@streamll/evidence";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import { accountTable, number } from "./chaos-text.js";
import { type ConsumingRun, consumeThroughKills } from "./consume/run.js";
import { megabytes } from "./judge.js";
import { withKills } from "./kills.js";
import { leaksIn, type Remains, runForLeaks, warmAndLast } from "./leaks.js";
import { replayThroughKills } from "./replay/run.js";
import { HEAP_MIB } from "./rig.js";
import { spoolThroughOutage } from "./spool/outage.js";
import { outageText, slowDiskText } from "./spool/outage-text.js";
import { type SpoolRun, spoolThroughKills } from "./spool/run.js";
import { spoolOnSlowDisk } from "./spool/slow-disk.js";
import { warmAndLast as fullAndLast, growthIn, type Held } from "./ui/held.js";
import { type UiRun, uiOfBroker, uiOfLines } from "./ui/run.js";

const HELP = `What shows only after a long time: many events over a broker that is killed again and again, many sinks, many reconnects.

  npm run endurance -- [options]

  --only kills,sinks,reconnects,batches,consume,replay,spool,outage,slow-disk,ui
                       some of them (default: all)
  --events 1000000     of kills, and of batches
  --kills 20
  --sinks 10000
  --reconnects 1000
  --consumed 200000    events of consume, whose consumers are killed ten times, and its broker five times
  --letters 100000     that a replay sends again, which is killed ten times
  --spool-kills 200    of a program with a spool that sends to a queue, and as many that send to a stream
  --ui-events 43200000 that streamll ui shows: a day of 500 a second; of a broker it shows a fortieth of them
  --outage 5000000     events of a program whose broker is down, at 20,000 a second
  --seed 1             of when the program is killed, and what its broker does meanwhile
  --on 4.0             the broker's version begins so (default: the newest)
  --record             write what came out to docs/evidence/endurance.md: of kills, sinks and reconnects,
                       or of --only batches, consume, replay, spool, outage, slow-disk or ui, with these numbers
  --help`;

const { values } = commandLine({
  options: {
    only: { type: "string" },
    events: { type: "string", default: "1000000" },
    kills: { type: "string", default: "20" },
    sinks: { type: "string", default: "10000" },
    reconnects: { type: "string", default: "1000" },
    consumed: { type: "string", default: "200000" },
    letters: { type: "string", default: "100000" },
    "spool-kills": { type: "string", default: "200" },
    "ui-events": { type: "string", default: "43200000" },
    outage: { type: "string", default: "5000000" },
    seed: { type: "string", default: "1" },
    on: { type: "string", default: "" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

interface Part {
  /** Markdown. */
  readonly text: string;
  readonly wrong: readonly string[];
}

const sending = {
  kills: () => kills(),
  sinks: () => leaks("sinks"),
  reconnects: () => leaks("reconnects"),
} as const;
const parts = { ...sending, batches, consume, replay, spool, outage, "slow-disk": slowDisk, ui } as const;
/** Those that are recorded alone, and where. */
const recordedAlone = new Map([
  ["consume", "consuming"],
  ["replay", "replay"],
  ["batches", "batches"],
  ["spool", "spool"],
  ["outage", "outage"],
  ["slow-disk", "slow-disk"],
  ["ui", "ui"],
]);
const progress = (line: string) => console.error(line);
const isAsIs = Object.keys(values).every(
  (name) => ["only", "record", "seed", "ui-events"].includes(name) || !process.argv.includes(`--${name}`),
);
const names = values.only?.split(",") ?? Object.keys(values.record ? sending : parts);
/** The place of a record on its page. */
const place = names.join() === Object.keys(sending).join() ? "endurance" : recordedAlone.get(names.join());

if (values.help) console.log(HELP);
else await endWith(endurance);

async function endurance(): Promise<number> {
  if (values.record && !(isAsIs && place !== undefined))
    throw new UsageError(
      "--record is of kills, sinks and reconnects, or of --only batches, consume, replay, spool, outage, slow-disk or ui, in full: leave the other options out",
    );
  for (const name of names)
    if (!Object.hasOwn(parts, name)) throw new UsageError(`${name} is none of ${Object.keys(parts)}`);
  const reason = unreadable();
  if (reason !== undefined) throw new Error(`endurance ${reason}`);
  const texts: string[] = [];
  const wrong: string[] = [];
  for (const name of names) {
    console.error(`endurance: ${name}`);
    const part = await parts[name as keyof typeof parts]();
    console.log(`${part.text}\n`);
    for (const one of part.wrong) console.log(`WRONG ${name}: ${one}`);
    texts.push(part.text);
    wrong.push(...part.wrong);
  }
  if (values.record && place !== undefined && wrong.length === 0)
    await writeBetween("evidence/endurance.md", place, [circumstances(), ...texts].join("\n\n"));
  return wrong.length === 0 ? 0 : 1;
}

/** The same, with messages that are batches, compressed. */
async function batches(): Promise<Part> {
  const { text, wrong } = await kills({ messageFormat: "batch", compressionType: "gzip" });
  return { text: `As batches, compressed: ${text}`, wrong };
}

async function kills(options: RabbitMQSinkOptions = {}): Promise<Part> {
  const times = Number(values.kills);
  const { run, loop, seconds, wrong, timeline, version } = await withKills(
    { on: values.on, events: Number(values.events), kills: times, options },
    progress,
  );
  if (wrong.length > 0) console.log(timeline.join("\n"));
  const accepted = run.sinks[0]!.account.accepted;
  const text =
    `**${number(accepted)} events with ${times} kills** of RabbitMQ ${version}: ${number(seconds)} s; ` +
    `resident at most ${megabytes(run.rssMaxBytes)} MB (350 allowed), with the heap of ${HEAP_MIB} MiB that Node.js has in a container of 512 MiB; ` +
    `event-loop delay p50 ${loop.p50.toFixed(1)} ms, p99 ${loop.p99.toFixed(1)} ms (50 allowed), max ${loop.max.toFixed(0)} ms.`;
  return { text: `${text}\n\n${accountTable(run)}`, wrong };
}

async function consume(): Promise<Part> {
  const request = {
    ...{ on: values.on, events: Number(values.consumed), consumerKills: 10, brokerKills: 5 },
    progress,
  };
  const runs: ConsumingRun[] = [];
  for (const hasStore of [false, true]) runs.push(await consumeThroughKills({ ...request, hasStore }));
  const { events, consumerKills, brokerKills } = request;
  const title = `**${number(events)} events, ${consumerKills} kills of the consumer and ${brokerKills} of the broker**, RabbitMQ ${runs[0]!.version}`;
  const rows = runs.map(({ account, seconds }, index) => [
    index === 0 ? "10,000 ids in memory" : "a store of the program's own",
    number(account.handled),
    number(account.lost),
    number(account.twice),
    number(account.twiceByBroker),
    number(account.outOfOrder),
    `${number(seconds)} s`,
  ]);
  const head = [
    "`dedup`",
    "handled",
    "lost",
    "twice",
    "twice, after a kill of the broker",
    "overtaken",
    "took",
  ];
  return { text: `${title}.\n\n${markdownTable(head, rows)}`, wrong: runs.flatMap(({ wrong }) => wrong) };
}

/** Dead letters that are replayed by a program that is killed. */
async function replay(): Promise<Part> {
  const broker = await startBroker({ generation: values.on });
  try {
    const [letters, kills] = [Number(values.letters), 10];
    const run = await replayThroughKills({ url: broker.url, letters, kills, progress });
    const { lost, twice, doubtful, unnamed, seconds, wrong } = run;
    const text =
      `**${number(letters)} dead letters, replayed with ${kills} kills**, RabbitMQ ${broker.version}: ${number(seconds)} s. ` +
      `${number(lost)} were lost, ${number(twice)} came twice${twice > 0 ? `, of which the report left out ${number(unnamed)}` : ""}. The report names ${number(doubtful)} that could have.`;
    return { text, wrong };
  } finally {
    await broker.close();
  }
}

/** Programs with a spool that are killed. */
async function spool(): Promise<Part> {
  const kills = Number(values["spool-kills"]);
  const broker = await startBroker({ generation: values.on });
  try {
    const runs: SpoolRun[] = [];
    for (const isStream of [false, true])
      runs.push(await spoolThroughKills({ broker, kills, isStream, seed: Number(values.seed), progress }));
    const rows = runs.map(({ account, seconds }, index) => [
      index === 0 ? "queue" : "stream",
      number(account.accepted),
      number(account.lost),
      number(account.twice),
      number(account.sentAgain),
      number(account.outOfOrder),
      `${number(seconds)} s`,
    ]);
    const head = ["to a", "accepted", "lost", "twice", "sent again after an answer", "overtaken", "took"];
    const title = `**${number(kills)} kills of a program with a spool**, each, RabbitMQ ${broker.version}`;
    return { text: `${title}.\n\n${markdownTable(head, rows)}`, wrong: runs.flatMap(({ wrong }) => wrong) };
  } finally {
    await broker.close();
  }
}

/** A program with a spool whose broker is down for long. */
async function outage(): Promise<Part> {
  const broker = await startBroker({ generation: values.on });
  try {
    const size = { events: Number(values.outage), perSecond: 20_000, meanwhile: 5000 };
    const run = await spoolThroughOutage(broker, size, progress);
    return { text: outageText(run, size, broker.version), wrong: run.wrong };
  } finally {
    await broker.close();
  }
}

/** The page of `streamll ui`, open while more and more events come. */
async function ui(): Promise<Part> {
  const events = Number(values["ui-events"]);
  const told = ({ done, heapBytes, rssBytes }: Held) =>
    progress(`${number(done)} events: heap ${megabytes(heapBytes)} MB, resident ${megabytes(rssBytes)} MB`);
  const ofLines = await uiOfLines(events, told);
  const broker = await startBroker({ generation: values.on });
  try {
    const ofBroker = await uiOfBroker(broker, Math.floor(events / 40), told);
    const row = (title: string, { samples, seconds }: UiRun) => {
      const [full, last] = fullAndLast(samples);
      const both = (of: (held: Held) => number) => `${megabytes(of(full))} → ${megabytes(of(last))} MB`;
      return [
        ...[title, number(last.done), number(full.done), both(({ heapBytes }) => heapBytes)],
        ...[both(({ rssBytes }) => rssBytes), `${number(seconds)} s`],
      ];
    };
    const rows = [row("NDJSON, at full speed", ofLines), row(`RabbitMQ ${broker.version}`, ofBroker)];
    const head = ["from", "events", "compared with after", "heap", "resident", "took"];
    const text = `**\`streamll ui\` with its page open**, 100,000 events kept.\n\n${markdownTable(head, rows)}`;
    return { text, wrong: [ofLines, ofBroker].flatMap(({ samples }) => growthIn(samples)) };
  } finally {
    await broker.close();
  }
}

async function slowDisk(): Promise<Part> {
  const setup = { bytesPerSecond: 5_000_000, eventsPerSecond: 20_000, seconds: 20 };
  const { seen, wrong } = await spoolOnSlowDisk(setup);
  return { text: slowDiskText(seen, setup), wrong };
}

async function leaks(what: "sinks" | "reconnects"): Promise<Part> {
  const broker = await startBroker({ generation: values.on });
  try {
    const startedAt = performance.now();
    const told = ({ done, heapBytes, files, handles, listeners }: Remains) =>
      progress(
        `${done} ${what}: heap ${kilobytes(heapBytes)} kB, ${files} files, ${handles} handles, ${listeners} listeners`,
      );
    const samples = await runForLeaks(broker, what, Number(values[what]), told);
    const seconds = (performance.now() - startedAt) / 1000;
    const [warm, last] = warmAndLast(samples);
    const done = number(last.done);
    const title = what === "sinks" ? `${done} sinks, one after another` : `${done} reconnects of one sink`;
    const change = (of: (remains: Remains) => number) => `${number(of(warm))} → ${number(of(last))}`;
    const text =
      `**${title}**: ${number(seconds)} s. After ${number(warm.done)} and after ${done}, with a forced collection: ` +
      `heap ${change(({ heapBytes }) => kilobytes(heapBytes))} kB, open files ${change(({ files }) => files)}, ` +
      `libuv handles ${change(({ handles }) => handles)}, listeners of the process ${change(({ listeners }) => listeners)}, ` +
      `resident ${change(({ rssBytes }) => megabytes(rssBytes))} MB.`;
    return { text, wrong: leaksIn(samples) };
  } finally {
    await broker.close();
  }
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}
