import { randomBytes } from "node:crypto";
import { redactUrl } from "@streamll/connection/internal";
import { type Channel, type ChannelModel, connect } from "amqplib";
import type { DemoBroker } from "./broker.js";

/**
 * A real broker, read with amqplib. The queue goes with the connection that declared it, and the exchange with its
 * last binding: even after Ctrl-C or a kill nothing of the demo stays.
 */
export function amqpBroker(url: string): DemoBroker {
  const name = `streamll_demo_${randomBytes(4).toString("hex")}`;
  let connection: ChannelModel | undefined;
  let channel: Channel | undefined;

  return {
    description: `${redactUrl(url)}, exchange and queue ${name}, gone when the demo ends`,
    sinkOptions: { amqpUrl: url, exchange: name, queue: false, declareTopology: "passive" },

    async read(onMessage) {
      connection = await open(url);
      channel = await connection.createChannel();
      channel.on("error", () => {});
      await channel.assertExchange(name, "topic", { durable: false, autoDelete: true });
      await channel.assertQueue(name, { durable: false, exclusive: true });
      await channel.bindQueue(name, name, "streamll.*.*");
      await channel.consume(name, (message) => message && onMessage(message.content), { noAck: true });
    },

    async close() {
      await channel?.deleteQueue(name);
      await connection?.close();
    },
  };
}

async function open(url: string): Promise<ChannelModel> {
  try {
    const connection = await connect(url, {
      timeout: 5_000, // without a byte, handshake included
      clientProperties: { connection_name: "streamll demo, reading" },
    });
    return connection.on("error", () => {});
  } catch (error) {
    // A connect to both of localhost's addresses fails with an AggregateError whose message is empty.
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Error(`${redactUrl(url)}: ${message || code}`, { cause: error });
  }
}
