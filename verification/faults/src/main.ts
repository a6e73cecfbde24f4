import { type Broker, connectBrokers, startCluster, unreadable } from "@streamll/brokers";
import { commandLine, endWith, UsageError } from "@streamll/evidence";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import Table from "cli-table3";
import { isFor, type Place } from "./bench.js";
import { deviations } from "./compare.js";
import { runConsumingFaults } from "./consuming/all.js";
import { consumingHead, consumingLine, recordConsuming } from "./consuming/record.js";
import type { Row } from "./fault.js";
import { matrix } from "./matrix/index.js";
import { record } from "./record.js";
import { runRow } from "./run-row.js";
import { head, lineOf, protocolNames, type Result } from "./table.js";
import { timelineText } from "./timeline.js";

const HELP = `Brings each fault about on real brokers, and checks what came out of it.

  npm run faults -- [options]

  --row 1,8-12   only these faults, on every protocol that they apply to
  --over streams only this protocol: amqp, streams, amqp10, service-bus or pubsub
  --on 4.0       only brokers whose version begins so; "as" are the servers as Service Bus and Pub/Sub
  --consume      the faults that a consumer meets instead
  --fast         only those that npm run test:slow runs too
  --timeline     show what the program said, where a fault went another way than expected
  --record       write what came out into the table of docs/evidence/faults.md
  --help`;

const { values } = commandLine({
  options: {
    row: { type: "string" },
    over: { type: "string" },
    on: { type: "string", default: "" },
    consume: { type: "boolean", default: false },
    fast: { type: "boolean", default: false },
    timeline: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else await endWith(() => (values.consume ? consuming() : faults()));

/** Whether `--row` takes it. */
function isAsked({ number }: { readonly number: number }): boolean {
  const wanted = values.row?.split(",").map((range) => range.split("-").map(Number));
  return wanted?.some(([from, to = from]) => number >= from! && number <= to!) ?? true;
}

function chosen(): readonly Row[] {
  const isWanted = (row: Row) =>
    isAsked(row) && (row.fast || !values.fast) && row.over === (values.over ?? row.over);
  const rows = matrix.filter(isWanted);
  if (rows.length > 0) return rows;
  const protocols = [...new Set(matrix.map(({ over }) => over))].join(", ");
  throw new UsageError(
    `no fault fits; --row takes numbers from 1 to ${matrix.at(-1)!.number}, --over one of ${protocols}`,
  );
}

async function faults(): Promise<number> {
  const rows = chosen();
  const reason = unreadable();
  if (reason !== undefined) throw new Error(`the bench ${reason}`);
  const brokers = await connectBrokers();
  try {
    await using bus = await startFakeServiceBus();
    await using pubsub = await startFakePubSub();
    const all = [
      ...brokers.all.map((place) => ({ place, version: place.version })),
      { place: bus, version: "as Service Bus" },
      { place: pubsub, version: "as Pub/Sub" },
    ];
    const places = all.filter(({ version }) => version.startsWith(values.on));
    if (places.length === 0) throw new UsageError(`no broker's version begins with ${values.on}`);
    const results: Result[] = [];
    for (const row of rows)
      for (const { place, version } of places)
        if (isFor(row, place)) results.push(await result(row, place, version));
    results.push(
      ...(await onCluster(
        rows.filter(({ on }) => on === "cluster"),
        brokers.all.at(-1)!,
      )),
    );
    return await told(results);
  } finally {
    await brokers.close();
  }
}

/** Of the newest broker: nothing, where others are asked for. */
async function onCluster(rows: readonly Row[], newest: Broker): Promise<Result[]> {
  if (rows.length === 0 || !newest.version.startsWith(values.on)) return [];
  const cluster = await startCluster();
  try {
    const results: Result[] = [];
    for (const row of rows) results.push(await result(row, cluster, `${newest.version} × 3`));
    return results;
  } finally {
    await cluster.close();
  }
}

async function consuming(): Promise<number> {
  const { over, on, fast } = values;
  const results = await runConsumingFaults({ isAsked, over, on, fast });
  const table = new Table({ head: [...consumingHead], style: { head: [], border: [] } });
  table.push(...results.map(consumingLine));
  console.log(table.toString());
  if (results.length === 0) throw new UsageError("none of these faults is for a broker that is here");
  const wrong = results.filter(({ deviations }) => deviations.length > 0);
  console.log(`${results.length - wrong.length} of ${results.length} as expected`);
  if (values.record) await recordConsuming(results);
  return wrong.length === 0 ? 0 : 1;
}

async function result(row: Row, place: Place, version: string): Promise<Result> {
  const startedAt = performance.now();
  const { run, deviations } = await outcome(row, place);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(3);
  const verdict = deviations.length === 0 ? "ok  " : "FAIL";
  console.error(`${verdict} ${seconds} s  ${nameOf(row, version)}`);
  for (const deviation of deviations) console.error(`       ${deviation}`);
  if (values.timeline && run !== undefined && deviations.length > 0) console.error(timelineText(run));
  return { row, version, run, deviations };
}

async function outcome(row: Row, place: Place): Promise<Pick<Result, "run" | "deviations">> {
  try {
    const run = await runRow(row, place);
    return { run, deviations: deviations(run, row.expect) };
  } catch (error) {
    return { run: undefined, deviations: [`the bench itself failed: ${error}`] };
  }
}

function nameOf({ number, title, over }: Row, version: string): string {
  return `${number} ${title}, over ${protocolNames[over]} (${version})`;
}

async function told(results: readonly Result[]): Promise<number> {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...results.map(lineOf));
  console.log(table.toString());
  const wrong = results.filter(({ deviations }) => deviations.length > 0);
  for (const { row, version, deviations } of wrong) {
    console.log(`${nameOf(row, version)}: ${deviations.join("; ")}`);
  }
  if (results.length === 0) throw new UsageError("none of these faults is for a broker that is here");
  console.log(`${results.length - wrong.length} of ${results.length} as expected`);
  if (values.record) await record(results);
  return wrong.length === 0 ? 0 : 1;
}
