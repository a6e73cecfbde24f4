import { trace } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";

/** Recipe 1 of the guide: fast iteration, and a loss of events does not matter. */
export const developmentSink = (amqpUrl: string): RabbitMQSink =>
  new RabbitMQSink({
    amqpUrl,
    publisherConfirms: false, // skip reliability overhead
    durable: false, // messages live in memory only
    batchSize: 100, // large batches for speed
    messageTtl: 300, // five minutes
  });

const library = [
  { title: "RabbitMQ", text: "A broker routes messages to queues." },
  { title: "AMQP", text: "A protocol that brokers and their clients speak." },
];

/** The program under development: finds what it knows about a question, and answers with it. */
export const answer = (question: string): Promise<string> =>
  trace("answer", { inputs: [question] }, async () => {
    const found = await trace("retrieve", () => library.filter(({ title }) => question.includes(title)));
    return trace("generate", () => found.map(({ text }) => text).join(" ") || "I do not know.");
  });
