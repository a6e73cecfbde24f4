import { randomUUID } from "node:crypto";
import { type ClientConfig, type Message, PubSub } from "@google-cloud/pubsub";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";

export interface Verification {
  readonly project: string;
  readonly topic: string;
  /** Of the topic, with message ordering, and for this alone: what is received is acknowledged. */
  readonly subscription: string;
  readonly events: number;
  /** Who the sink is, and more of its options. */
  readonly sink?: RabbitMQSinkOptions;
  /** Who Google's client is. */
  readonly client?: ClientConfig;
  /** How long to go on receiving while nothing comes, in milliseconds. */
  readonly patienceMs?: number;
}

export interface Verdict {
  readonly sent: number;
  readonly failed: number;
  /** Of the events that were sent, how many Google's client received; each is counted once. */
  readonly received: number;
  /** Received more than once. */
  readonly twice: number;
  /** The first deliveries of each execution came in its order. */
  readonly inOrder: boolean;
}

/** How many executions the events are of: each is an ordering key. */
const EXECUTIONS = 20;

/** Sends events with our sink, and receives them with Google's own client. */
export async function verify(asked: Verification): Promise<Verdict> {
  const run = randomUUID();
  const { sent, failed } = await send(asked, run);
  const numbers = await receive(asked, run, sent);
  const firsts = numbers.map((list) => [...new Set(list)]);
  const distinct = firsts.reduce((sum, { length }) => sum + length, 0);
  return {
    sent,
    failed,
    received: distinct,
    twice: numbers.reduce((sum, { length }) => sum + length, 0) - distinct,
    inOrder: firsts.every((list) => list.every((number, index) => index === 0 || number > list[index - 1]!)),
  };
}

async function send({ project, topic, events, sink: own }: Verification, run: string) {
  const sink = new RabbitMQSink({
    amqpUrl: `pubsub://${project}`,
    exchange: topic,
    orderingKey: "{execution_id}",
    flushTimeout: "10m",
    ...own,
  });
  await sink.start();
  for (let number = 0; number < events; number++) {
    await sink.ready();
    const executionId = `${run}-${number % EXECUTIONS}`;
    sink.handleEvent({ eventType: "verify", operation: "pubsub", executionId, data: { number } });
  }
  return sink.stop();
}

/** The numbers of each execution, in the order in which they came. */
async function receive(
  { project, subscription: name, client: own, patienceMs = 30_000 }: Verification,
  run: string,
  expected: number,
): Promise<readonly number[][]> {
  const client = new PubSub({ projectId: project, ...own });
  const subscription = client.subscription(name);
  const numbers: number[][] = Array.from({ length: EXECUTIONS }, () => []);
  const seen = new Set<number>();
  await new Promise<void>((resolve, reject) => {
    const patience = setTimeout(resolve, patienceMs);
    subscription.on("error", reject);
    subscription.on("message", (message: Message) => {
      message.ack();
      const { execution_id = "", data } = JSON.parse(message.data.toString()) as {
        execution_id?: string;
        data: { number: number };
      };
      if (!execution_id.startsWith(run)) return;
      patience.refresh();
      numbers[Number(execution_id.slice(run.length + 1))]!.push(data.number);
      if (seen.add(data.number).size === expected) resolve();
    });
  });
  await subscription.close();
  await client.close();
  return numbers;
}
