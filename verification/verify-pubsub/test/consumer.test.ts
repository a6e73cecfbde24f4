import { EventConsumer } from "@streamll/consumer";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { RabbitMQSink } from "@streamll/sink";
import { expect, it } from "vitest";

it("a consumer makes its subscription, gets the events of a sink in the order of each execution, and gives up what fails", async () => {
  await using fake = await startFakePubSub();
  const amqpUrl = `pubsub-emulator://${fake.host}/${fake.project}`;
  const executions = ["one", "two", "three"];
  const numbers = new Map<string, number[]>(executions.map((execution) => [execution, []]));
  const consumer = new EventConsumer({
    url: amqpUrl,
    exchange: "made-by-consumer",
    queue: "its-subscription",
    deadLetterExchange: "its-dead-letters",
    retry: { attempts: 2, backoffMs: 1 },
    handle({ executionId, data }) {
      const { number } = data as { number: number };
      if (number === 13) throw new Error("unlucky");
      numbers.get(executionId)!.push(number);
    },
  });
  await consumer.start();
  const sink = new RabbitMQSink({
    amqpUrl,
    exchange: "made-by-consumer",
    orderingKey: "{execution_id}",
  });
  for (let number = 0; number < 50; number++)
    for (const executionId of executions)
      sink.handleEvent({ eventType: "token", operation: "answer", executionId, data: { number } });
  expect(await sink.stop()).toMatchObject({ sent: 150, failed: 0 });
  await expect
    .poll(() => consumer.stats().events_handled + consumer.stats().events_dead_lettered, { timeout: 20_000 })
    .toBe(150);
  await consumer.stop();
  const wanted = Array.from({ length: 50 }, (_, number) => number).filter((number) => number !== 13);
  for (const execution of executions) expect(numbers.get(execution)).toEqual(wanted);
  const letters = fake.stored("its-dead-letters");
  expect(letters.map(({ attributes }) => attributes.streamll_failure)).toEqual(
    Array(3).fill("RETRIES_EXHAUSTED"),
  );
});
