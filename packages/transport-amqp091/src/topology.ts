import type { ExchangeDeclaration, QueueDeclaration, Topology } from "@streamll/core";
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
  for (const queue of queues) {
    if (mode === "passive") {
      await channel.checkQueue(queue.name);
      continue;
    }
    try {
      await declareQueue(channel, queue, queue.keepsReturned && hasDeliveryLimit(model) ? unlimited : {});
    } catch (error) {
      if (!isLimitedAlready(error, queue)) throw error;
      channel = await openChannel(model);
      await declareQueue(channel, queue);
    }
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

const declareQueue = (channel: Channel, { name, arguments: args }: QueueDeclaration, more: object = {}) =>
  channel.assertQueue(name, { durable: true, arguments: { ...args, ...more } });

const unlimited = { "x-delivery-limit": -1 };

/** Of 20, where nothing is said. Before 4.0 there is none, and -1 drops a message when it first comes back (3.10.8). */
function hasDeliveryLimit({ connection }: ChannelModel): boolean {
  const { product, version } = connection.serverProperties;
  return product === "RabbitMQ" && Number.parseInt(version, 10) >= 4;
}

const isLimitedAlready = (error: unknown, { keepsReturned }: QueueDeclaration): boolean =>
  keepsReturned === true && replyOf(error)?.text.includes("inequivalent arg 'x-delivery-limit'") === true;

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
