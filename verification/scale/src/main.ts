import { unreadable } from "@streamll/brokers";
import { circumstances, commandLine, endWith, UsageError, writeBetween } from "@streamll/evidence";
import { capacities, capacityTable } from "./capacity.js";
import { type Restart, restart, type Size } from "./restart.js";
import { restartTable, sizeText } from "./tables.js";

const HELP = `Restarts a broker under the load of many sinks in many processes, with jitter and without, and counts what arrived.

  npm run scale -- [options]

  --processes 20     how many processes
  --sinks 50         sinks in each of them
  --rate 1000        events a second, of all sinks together
  --down 10          seconds for which the broker is gone
  --on 4.0           the broker's version begins so (default: the newest)
  --only jitter      one of the two runs: jitter or none
  --capacity         instead: what one process, queue, super stream and cluster carry on this machine
  --seconds 10       of each measurement of --capacity
  --record           write what came out to docs/scaling.md
  --help`;

const { values } = commandLine({
  options: {
    processes: { type: "string", default: "20" },
    sinks: { type: "string", default: "50" },
    rate: { type: "string", default: "1000" },
    down: { type: "string", default: "10" },
    on: { type: "string", default: "" },
    only: { type: "string" },
    capacity: { type: "boolean", default: false },
    seconds: { type: "string", default: "10" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const PAGE = "scaling.md";
const progress = (line: string) => console.error(line);

if (values.help) console.log(HELP);
else await endWith(() => (values.capacity ? measureCapacity() : restarts()));

async function restarts(): Promise<number> {
  const reason = unreadable();
  if (reason !== undefined) throw new Error(`scale ${reason}`);
  if (![undefined, "jitter", "none"].includes(values.only))
    throw new UsageError(`--only is ${values.only}; write jitter or none`);
  if (values.record && values.only !== undefined)
    throw new UsageError("--record is of both runs; leave --only out");
  const size: Size = {
    processes: number("processes"),
    sinks: number("sinks"),
    perSecond: number("rate"),
    downSeconds: number("down"),
  };
  const runs: Restart[] = [];
  for (const jitter of [true, false]) {
    if (values.only !== undefined && (values.only === "jitter") !== jitter) continue;
    console.error(jitter ? "with jitter" : "without jitter");
    runs.push(await restart(size, { generation: values.on, jitter, progress }));
  }
  const text = `${circumstances()} ${sizeText(size, runs)}\n\n${restartTable(runs)}`;
  console.log(text);
  const wrong = runs.filter(({ account }) => account.lost + account.foreign > 0);
  for (const { jitter, account } of wrong)
    console.log(
      `WRONG ${jitter ? "with" : "without"} jitter: ${account.lost} lost, ${account.foreign} foreign`,
    );
  if (values.record && wrong.length === 0) await writeBetween(PAGE, "restart", text);
  return wrong.length === 0 ? 0 : 1;
}

async function measureCapacity(): Promise<number> {
  const found = await capacities(number("seconds"), values.on, progress);
  const text = `${circumstances()} RabbitMQ ${found[0]!.version}, ${number("seconds")} s each.\n\n${capacityTable(found)}`;
  console.log(text);
  if (values.record) await writeBetween(PAGE, "capacity", text);
  return 0;
}

function number(name: "processes" | "sinks" | "rate" | "down" | "seconds"): number {
  const value = Number(values[name]);
  if (value > 0 && Number.isInteger(value)) return value;
  throw new UsageError(`--${name} is ${values[name]}; write a whole number above 0`);
}
