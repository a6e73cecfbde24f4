import { EventConsumer } from "@streamll/consumer";

/** Prints the number of each event that it has handled. */
const [, , url = "", stream = ""] = process.argv;
const consumer = new EventConsumer({
  ...{ url, stream, consumerName: "killed", from: "first" },
  handle: ({ data }) => void process.stdout.write(`${String(data.step)}\n`),
});
await consumer.start();
