import type { Broker } from "@streamll/brokers";
import type { StreamllEvent } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { type ChannelModel, connect } from "amqplib";
import { names, type OpenUi } from "./open-ui.js";
import { deadLetters } from "./scene.js";

/** Sends events through a sink, as a program does, and puts dead letters into their queue, until the page has them. Its reader of the events stays. */
export async function fill(
  { url }: Broker,
  events: readonly StreamllEvent[],
  { address }: OpenUi,
): Promise<ChannelModel> {
  const sink = new RabbitMQSink({ amqpUrl: url, ...names });
  await sink.start();
  // It waits for the exchange, which this sink has declared.
  await told(address, (text) => text.includes('"state":"live"'));
  const model = await connect(url);
  // The broker ends with the command.
  model.on("error", () => {});
  const channel = await model.createConfirmChannel();
  const queue = `${names.deadLetterExchange}.failed`;
  await channel.purgeQueue(queue);
  await channel.assertQueue("billing");
  for (const [index, [minutes, code, reason, type, module]] of deadLetters.entries()) {
    const body = {
      event_type: type,
      module_name: module,
      data: { model: "small-2", usage: { output_tokens: 87 } },
    };
    channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)), {
      messageId: `ev-${(index + 1000).toString(36)}x7`,
      headers: {
        ...{ streamll_failure: code, streamll_failure_message: reason, streamll_exchange: "" },
        ...{
          streamll_routing_key: "billing",
          streamll_queue: "billing",
          streamll_attempts: 1 + ((index * 3) % 6),
        },
        streamll_failed_at: new Date(Date.now() - minutes * 60_000).toISOString(),
      },
    });
  }
  await channel.waitForConfirms();
  await channel.consume(names.queue, () => {}, { noAck: true });
  for (const event of events) while (!sink.handleEvent(event)) await sink.ready();
  await sink.flush();
  await sink.stop();
  await told(address, (text) => Number(/"received":(\d+)/.exec(text)?.[1]) >= events.length);
  return model;
}

/** Reads what the page would, until that fits. */
async function told(address: string, wanted: (text: string) => boolean): Promise<void> {
  const response = await fetch(`${address}live`);
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) if (wanted(text)) return;
  throw new Error("the page has ended");
}
