import { parseArgs } from "node:util";
import { type Broker, connectBrokers, startCluster, unreadable } from "@streamll/brokers";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import Table from "cli-table3";
import { isFor, type Place } from "./bench.js";
import { deviations } from "./compare.js";
import type { ConsumingFault } from "./consuming/fault.js";
import { consumingFaults, isForBroker } from "./consuming/matrix/index.js";
import { consumingHead, consumingLine, recordConsuming } from "./consuming/record.js";
import { type ConsumingResult, runConsuming } from "./consuming/run.js";
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

const { values } = parseArgs({
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
else {
  // By itself it would not end as long as a socket waits for the last word of a node whose network is gone.
  process.exit(values.consume ? await consuming() : await faults(chosen()));
}

/** Whether `--row` and `--fast` take it. */
function isAsked({ number, fast }: { readonly number: number; readonly fast?: true }): boolean {
  const wanted = values.row?.split(",").map((range) => range.split("-").map(Number));
  return (
    (wanted?.some(([from, to = from]) => number >= from! && number <= to!) ?? true) && (fast || !values.fast)
  );
}

function chosen(): readonly Row[] {
  const isWanted = (row: Row) => isAsked(row) && row.over === (values.over ?? row.over);
  const rows = matrix.filter(isWanted);
  if (rows.length > 0) return rows;
  const protocols = [...new Set(matrix.map(({ over }) => over))].join(", ");
  throw new RangeError(
    `no fault fits; --row takes numbers from 1 to ${matrix.at(-1)!.number}, --over one of ${protocols}`,
  );
}

async function faults(rows: readonly Row[]): Promise<number> {
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
    if (places.length === 0) throw new RangeError(`no broker's version begins with ${values.on}`);
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
  const brokers = await connectBrokers();
  const results: ConsumingResult[] = [];
  try {
    const asked = consumingFaults.filter(isAsked);
    for (const fault of asked)
      for (const broker of brokers.all)
        if (broker.version.startsWith(values.on) && isForBroker(fault, broker.version))
          results.push(toldOf(await runConsuming(fault, broker)));
    const onCluster = asked.filter(({ on }) => on === "cluster");
    if (onCluster.length > 0 && brokers.all.at(-1)!.version.startsWith(values.on))
      results.push(...(await consumingOnCluster(onCluster)));
  } finally {
    await brokers.close();
  }
  const table = new Table({ head: [...consumingHead], style: { head: [], border: [] } });
  table.push(...results.map(consumingLine));
  console.log(table.toString());
  if (results.length === 0) throw new RangeError("none of these faults is for a broker that is here");
  const wrong = results.filter(({ deviations }) => deviations.length > 0);
  console.log(`${results.length - wrong.length} of ${results.length} as expected`);
  if (values.record) await recordConsuming(results);
  return wrong.length === 0 ? 0 : 1;
}

async function consumingOnCluster(faults: readonly ConsumingFault[]): Promise<ConsumingResult[]> {
  const cluster = await startCluster();
  try {
    const results: ConsumingResult[] = [];
    for (const fault of faults) {
      const result = await runConsuming(fault, cluster.nodes[0]!, cluster);
      results.push(toldOf({ ...result, version: `${result.version} × 3` }));
    }
    return results;
  } finally {
    await cluster.close();
  }
}

function toldOf(result: ConsumingResult): ConsumingResult {
  const [number, title, version] = consumingLine(result);
  console.error(`${result.deviations.length === 0 ? "ok  " : "FAIL"} ${number} ${title} (${version})`);
  for (const deviation of result.deviations) console.error(`       ${deviation}`);
  return result;
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
  if (results.length === 0) throw new RangeError("none of these faults is for a broker that is here");
  console.log(`${results.length - wrong.length} of ${results.length} as expected`);
  if (values.record) await record(results);
  return wrong.length === 0 ? 0 : 1;
}
