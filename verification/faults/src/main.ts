import { parseArgs } from "node:util";
import { type Broker, connectBrokers, startCluster, unreadable } from "@streamll/brokers";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import Table from "cli-table3";
import { isFor, type Place } from "./bench.js";
import { deviations } from "./compare.js";
import { matrix } from "./matrix.js";
import { record } from "./record.js";
import { isBuilt, type Row } from "./row.js";
import { runRow } from "./run-row.js";
import { head, lineOf, type Result } from "./table.js";
import { timelineText } from "./timeline.js";

const HELP = `Brings each fault about on real brokers, and checks what came out of it.

  npm run faults -- [options]

  --row 1,8-12   only these rows
  --on 4.0       only brokers whose version begins so; "as" is the server as Service Bus
  --fast         only the rows that npm test runs too
  --timeline     show what the program said, of rows that are not as expected
  --record       write what these rows showed into the table of docs/reliability.md
  --help`;

const { values } = parseArgs({
  options: {
    row: { type: "string" },
    on: { type: "string", default: "" },
    fast: { type: "boolean", default: false },
    timeline: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else {
  // By itself it would not end as long as a socket waits for the last word of a node whose network is gone.
  process.exit(await faults(chosen()));
}

function chosen(): readonly Row[] {
  const wanted = values.row?.split(",").map((range) => range.split("-").map(Number));
  const isWanted = ({ number }: Row) =>
    wanted?.some(([from, to = from]) => number >= from! && number <= to!) ?? true;
  const rows = matrix.filter((row) => isWanted(row) && (row.fast || !values.fast));
  if (rows.length === 0) throw new RangeError(`no row is ${values.row}; they go from 1 to ${matrix.length}`);
  return rows;
}

async function faults(rows: readonly Row[]): Promise<number> {
  const reason = unreadable();
  if (reason !== undefined) throw new Error(`the bench ${reason}`);
  const brokers = await connectBrokers();
  try {
    await using bus = await startFakeServiceBus();
    const all = [
      ...brokers.all.map((place) => ({ place, version: place.version })),
      { place: bus, version: "as Service Bus" },
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

async function result(row: Row, place: Place, version: string): Promise<Result> {
  const startedAt = performance.now();
  const { run, deviations } = await outcome(row, place);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(3);
  const verdict = deviations.length === 0 ? "ok  " : "FAIL";
  console.error(`${verdict} ${seconds} s  ${row.number} ${row.title} (${version})`);
  for (const deviation of deviations) console.error(`       ${deviation}`);
  if (values.timeline && run !== undefined && deviations.length > 0) console.error(timelineText(run));
  return { row, version, run, deviations };
}

async function outcome(row: Row, place: Place): Promise<Pick<Result, "run" | "deviations">> {
  if (!isBuilt(row)) return { run: undefined, deviations: ["not built yet"] };
  try {
    const run = await runRow(row, place);
    return { run, deviations: deviations(run, row.expect) };
  } catch (error) {
    return { run: undefined, deviations: [`the bench itself failed: ${error}`] };
  }
}

async function told(results: readonly Result[]): Promise<number> {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...results.map(lineOf));
  console.log(table.toString());
  const wrong = results.filter(({ deviations }) => deviations.length > 0);
  for (const { row, version, deviations } of wrong) {
    console.log(`${row.number} ${row.title} (${version}): ${deviations.join("; ")}`);
  }
  if (results.length === 0) throw new RangeError("none of these rows is for a broker that is here");
  console.log(`${results.length - wrong.length} of ${results.length} as expected`);
  if (values.record) await record(results);
  return wrong.length === 0 ? 0 : 1;
}
