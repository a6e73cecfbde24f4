// A process with one sink that publishes as fast as it is let, and tells how much of it was confirmed.
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

export interface PublisherSetup {
  readonly options: RabbitMQSinkOptions;
  /** How long is measured, after {@link WARM_UP_MS}. */
  readonly seconds: number;
}

export interface PublisherSaid {
  /** Confirmed while it was measured. */
  readonly sent: number;
  readonly seconds: number;
  readonly cpuMicros: number;
}

const WARM_UP_MS = 3000;
/** Enough of them that every connection and partition has work. */
const EXECUTIONS = 1000;

const { options, seconds } = await new Promise<PublisherSetup>((resolve) => process.once("message", resolve));
const text = "x".repeat(300);
const sink = new RabbitMQSink(options);
await sink.start();
let publishing = true;
const published = publish();
await sleep(WARM_UP_MS);
const before = sink.stats().events_sent;
const cpu = process.cpuUsage();
const startedAt = performance.now();
await sleep(seconds * 1000);
const { user, system } = process.cpuUsage(cpu);
const said: PublisherSaid = {
  sent: sink.stats().events_sent - before,
  seconds: (performance.now() - startedAt) / 1000,
  cpuMicros: user + system,
};
publishing = false;
await published;
const report = await sink.stop();
if (report.failed + report.pending > 0) throw new Error(`not delivered: ${JSON.stringify(report)}`);
process.send?.(said, undefined, undefined, () => process.disconnect());

async function publish(): Promise<void> {
  for (let index = 0; publishing; index++) {
    const event = {
      execution_id: `execution-${index % EXECUTIONS}`,
      event_type: "token",
      module_name: "Capacity",
      data: { index, text },
    };
    while (!sink.handleEvent(event)) await sink.ready();
    if (index % 100 === 99) await setImmediate();
  }
}
