// What every bundler bundles, and every runtime and Jest run.
import { silentLogger } from "@streamll/core";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

export interface Errand {
  readonly options: RabbitMQSinkOptions;
  /** Of sinks whose transport is not installed. */
  readonly missing: readonly RabbitMQSinkOptions[];
}

const EVENTS = 10;

/** Sends events until the broker has confirmed them all, and sees what is told of the transports that are missing. */
export async function deliver({ options, missing }: Errand): Promise<string> {
  const sink = new RabbitMQSink(options);
  await sink.start();
  for (let index = 0; index < EVENTS; index++) sink.handleEvent({ eventType: "step", data: { index } });
  const report = await sink.stop();
  if (report.sent !== EVENTS) throw new Error(`not all were sent: ${JSON.stringify(report)}`);
  for (const other of missing) {
    const code = await codeOfStart(other);
    if (code !== "TRANSPORT_NOT_INSTALLED")
      throw new Error(`of the transport that is missing for ${other.amqpUrl} start() told ${code}`);
  }
  return `${EVENTS} events confirmed, ${missing.length} missing transports named`;
}

/** The code that `start()` rejects with, else that of the first problem that health tells. */
export async function codeOfStart(options: RabbitMQSinkOptions): Promise<string | undefined> {
  const sink = new RabbitMQSink({ ...options, logger: silentLogger, flushTimeout: 0 });
  try {
    await sink.start();
    return sink.health().problems[0]?.code;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  } finally {
    await sink.stop();
  }
}
