import type { ExchangeDeclaration, Topology } from "@streamll/core";
import type { Channel, ChannelModel } from "amqplib";
import { isConflict, replyOf } from "./failure.js";

/**
 * Makes what the sink needs, or checks that it is there, on a channel of its own: a refused declaration closes
 * its channel. Rejects with amqplib's error.
 */
export async function declareTopology(model: ChannelModel, topology: Topology): Promise<void> {
  const { mode, exchanges, queues, bindings } = topology;
  if (mode === "none" || exchanges.length + queues.length + bindings.length === 0) return;
  let channel = await openChannel(model);

  for (const exchange of exchanges) {
    // The default exchange always exists, and may be neither declared nor checked (403).
    if (exchange.name === "") continue;
    if (mode === "passive" || isReserved(exchange.name)) {
      await channel.checkExchange(exchange.name);
      continue;
    }
    try {
      await declareExchange(channel, exchange);
    } catch (error) {
      if (!isTakenAsFound(error, exchange)) throw error;
      channel = await openChannel(model);
    }
  }
  for (const { name, arguments: args } of queues) {
    await (mode === "passive"
      ? channel.checkQueue(name)
      : channel.assertQueue(name, { durable: true, arguments: args }));
  }
  if (mode === "declare") {
    for (const { exchange, queue, pattern, arguments: args } of bindings) {
      if (exchange !== "") await channel.bindQueue(queue, exchange, pattern, args);
    }
  }
  await channel.close();
}

/** Without a listener, a channel's error would be thrown into the host; the declaration rejects with it too. */
async function openChannel(model: ChannelModel): Promise<Channel> {
  const channel = await model.createChannel();
  return channel.on("error", () => {});
}

/** The broker's own exchanges (`amq.topic` …): RabbitMQ refuses to declare one, even with the type that it has. */
const isReserved = (exchange: string) => exchange.startsWith("amq.");

const declareExchange = (channel: Channel, { name, type, arguments: args }: ExchangeDeclaration) =>
  channel.assertExchange(name, type, { durable: true, arguments: args });

/**
 * Whether an exchange is used as it is: also one to which somebody else gave an alternate exchange. RabbitMQ compares
 * that argument last, after type and durability, so nothing else differs.
 */
function isTakenAsFound(error: unknown, { asFound, arguments: args }: ExchangeDeclaration): boolean {
  const { code, text = "" } = replyOf(error) ?? {};
  if (code !== 406) return false;
  if (asFound) return isConflict(text);
  return !("alternate-exchange" in args) && text.includes("inequivalent arg 'alternate-exchange'");
}
