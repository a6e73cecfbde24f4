// A cluster of two workers. Each has a thread beside it, and both have a sink on one directory. On "replace" a worker is
// killed, and another one takes its place; on "end" all sinks are stopped.
import cluster, { type Worker as Process } from "node:cluster";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { RabbitMQSink } from "@streamll/sink";

const [url, name, directory] = process.argv.slice(2) as [string, string, string];
const EVENTS = 300;

async function send(executionId: string): Promise<RabbitMQSink> {
  const sink = new RabbitMQSink({
    ...{ amqpUrl: url, exchange: name, queue: name, routingKey: "app.{event_type}" },
    spool: directory,
    // The broker comes later.
    waitForBroker: false,
  });
  for (let n = 0; n < EVENTS; n++) sink.handleEvent({ eventType: "token", executionId, data: { n } });
  await sink.start();
  await sink.spooled();
  return sink;
}

async function primary(): Promise<void> {
  const fork = async (): Promise<Process> => {
    const worker = cluster.fork();
    await once(worker, "message");
    return worker;
  };
  const workers = await Promise.all([fork(), fork()]);
  console.log("ready");
  for await (const command of createInterface({ input: process.stdin })) {
    if (command === "replace") {
      const [first] = workers;
      first!.process.kill("SIGKILL");
      await once(first!, "exit");
      workers[0] = await fork();
      console.log("replaced");
    } else break;
  }
  await Promise.all(
    workers.map((worker) => {
      worker.send("end");
      return once(worker, "exit");
    }),
  );
  process.exit(0);
}

async function worker(): Promise<void> {
  const thread = new Worker(process.argv[1]!, { argv: process.argv.slice(2) });
  const [sink] = await Promise.all([send(`worker-${process.pid}`), once(thread, "message")]);
  process.on("message", async () => {
    thread.postMessage("end");
    await Promise.all([sink.stop(), once(thread, "exit")]);
    process.exit(0);
  });
  process.send!("spooled");
}

async function thread(): Promise<void> {
  const sink = await send(`thread-${process.pid}`);
  parentPort!.once("message", async () => {
    await sink.stop();
    parentPort!.close();
  });
  parentPort!.postMessage("spooled");
}

// A thread of a worker counts as a primary.
await (!isMainThread ? thread() : cluster.isPrimary ? primary() : worker());
