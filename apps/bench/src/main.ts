import { commandLine, endWith, UsageError } from "@streamll/evidence";
import { benchBroker, noBroker } from "./broker.js";
import { type Course, courses } from "./courses.js";
import { drawAll } from "./draw.js";
import type { FieldName } from "./fields.js";
import { figureTable, goalTable } from "./print.js";
import { about, type Outcome, record } from "./record.js";
import { STEP } from "./warm-up.js";

const HELP = `Measures streamll beside its rivals on a real RabbitMQ, alternating in the same run.

  npm run bench -- [options]

  --events N     events a run, a multiple of 500 (100000, on a stream 400000, in batches 1600000); a fourth of
                 that, and at least 100,000, goes before them, unmeasured
  --rounds N     runs of each contestant (5)
  --streams      on a stream, beside rabbitmq-stream-js-client
  --batch        on a queue, in batches and compressed, beside amqplib that sends the same by hand
  --amqp10       over AMQP 1.0, beside rhea
  --consume      reading a queue, also with handlers of 5 ms, beside amqplib, rabbitmq-client and rascal; with --streams
                 a stream, beside rabbitmq-stream-js-client; with --amqp10 over AMQP 1.0, beside rhea
  --service-bus  reading a queue of a server that behaves as Azure Service Bus, beside @azure/service-bus
  --pubsub       to a server that behaves as Google Cloud Pub/Sub, beside @google-cloud/pubsub
  --spool        the same sink with and without a spool, on a queue and on a stream
  --all          on a queue, in batches, on a stream, over AMQP 1.0, reading each, to Pub/Sub, from Service Bus, and
                 with a spool, one after another
  --memory N     events of the runs that watch memory (1000000; 0 leaves them out)
  --broker B     the beginning of a version, such as 3.10 or 4, or an amqp:// URL (4)
  --record       write the figures to docs/evidence/benchmarks.md, the goals to docs/benchmarks.md, and draw
  --draw         measure nothing: draw what is recorded, as SVG, into docs/images/benchmarks
  --help`;

/** Events of runs that would be over within a second otherwise, and measure the compiler. */
const longer: Partial<Readonly<Record<FieldName, number>>> = {
  streams: 400_000,
  batch: 1_600_000,
  spoolStreams: 400_000,
};

/** Those that bring a server of their own. */
const withoutBroker: ReadonlySet<FieldName> = new Set(["pubsub", "serviceBus"]);

const { values } = commandLine({
  options: {
    events: { type: "string" },
    rounds: { type: "string", default: "5" },
    memory: { type: "string", default: "1000000" },
    streams: { type: "boolean", default: false },
    batch: { type: "boolean", default: false },
    amqp10: { type: "boolean", default: false },
    consume: { type: "boolean", default: false },
    "service-bus": { type: "boolean", default: false },
    pubsub: { type: "boolean", default: false },
    spool: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    broker: { type: "string", default: "4" },
    record: { type: "boolean", default: false },
    draw: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.draw) await drawAll();
else await endWith(bench);

async function bench(): Promise<number> {
  const names = chosen();
  const lengths = { rounds: count("rounds", 1), memoryEvents: count("memory", 0) };
  const planned = names.map((name): [FieldName, Course] => [
    name,
    { events: eventsOfARun(name), ...lengths },
  ]);
  const outcomes: Outcome[] = [];
  await using broker = names.every((name) => withoutBroker.has(name))
    ? noBroker
    : await benchBroker(values.broker);
  for (const [name, course] of planned) {
    const outcome = await courses[name](broker, course);
    console.log(figureTable(outcome));
    console.log([about(outcome), ...outcome.notes].join("\n"));
    if (values.record) await record(outcome);
    outcomes.push(outcome);
  }
  if (values.record) await drawAll();
  console.log(goalTable(outcomes.flatMap(({ goals }) => goals)));
  return 0;
}

function chosen(): readonly FieldName[] {
  if (values.all)
    return [
      "queues",
      "batch",
      "streams",
      "amqp10",
      "consume",
      "handlers",
      "receive",
      "read",
      "pubsub",
      "serviceBus",
      "spool",
      "spoolStreams",
    ];
  if (values.streams && values.consume) return ["read"];
  if (values.spool) return ["spool", "spoolStreams"];
  if (values.amqp10 && values.consume) return ["receive"];
  if (values.streams) return ["streams"];
  if (values.batch) return ["batch"];
  if (values.consume) return ["consume", "handlers"];
  if (values.pubsub) return ["pubsub"];
  if (values["service-bus"]) return ["serviceBus"];
  return values.amqp10 ? ["amqp10"] : ["queues"];
}

function count(name: "events" | "rounds" | "memory", least: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} is ${values[name]}; write a whole number from ${least} on`);
}

function eventsOfARun(name: FieldName): number {
  if (values.events === undefined) return longer[name] ?? 100_000;
  const events = count("events", STEP);
  if (events % STEP === 0) return events;
  throw new UsageError(`--events is ${events}; write a multiple of ${STEP}`);
}
