import { randomUUID } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

export interface Verification {
  readonly connectionString: string;
  /** An empty queue for this alone: what is received is removed from it. */
  readonly queue: string;
  readonly events: number;
  readonly webSocket?: boolean;
  /** How long to go on receiving while nothing comes, in milliseconds. */
  readonly patienceMs?: number;
}

export interface Verdict {
  readonly sent: number;
  readonly failed: number;
  /** Of the events that were sent, how many Microsoft's client received; each is counted once. */
  readonly received: number;
  /** Received more than once. */
  readonly twice: number;
  readonly inOrder: boolean;
}

/** Sends events with our sink, and receives them with Microsoft's own client. */
export async function verify(asked: Verification): Promise<Verdict> {
  const { connectionString, queue, events, webSocket = false } = asked;
  const run = randomUUID();
  const { sent, failed } = await send(
    { amqpUrl: connectionString, routingKey: queue, webSocket },
    run,
    events,
  );
  const numbers = await receive(asked, run, sent);
  const distinct = new Set(numbers);
  const firsts = [...distinct];
  return {
    sent,
    failed,
    received: distinct.size,
    twice: numbers.length - distinct.size,
    inOrder: firsts.every((number, index) => index === 0 || number > firsts[index - 1]!),
  };
}

async function send(place: RabbitMQSinkOptions, run: string, events: number) {
  const sink = new RabbitMQSink({ ...place, connectionPoolSize: 1, flushTimeout: "5m" });
  await sink.start();
  for (let number = 0; number < events; number++) {
    await sink.ready();
    sink.handleEvent({ eventType: "verify", operation: "azure", executionId: run, data: { number } });
  }
  return sink.stop();
}

async function receive(
  { connectionString, queue, patienceMs = 10_000 }: Verification,
  run: string,
  expected: number,
): Promise<number[]> {
  const client = new ServiceBusClient(connectionString);
  const receiver = client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
  const numbers: number[] = [];
  while (new Set(numbers).size < expected) {
    const messages = await receiver.receiveMessages(1000, { maxWaitTimeInMs: patienceMs });
    if (messages.length === 0) break;
    for (const { correlationId, body } of messages) {
      if (correlationId === run) numbers.push((body as { data: { number: number } }).data.number);
    }
  }
  await client.close();
  return numbers;
}
