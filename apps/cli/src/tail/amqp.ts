import { type Delivery, TransportError } from "@streamll/core";
import { builtInType } from "@streamll/sink/internal";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import { closeOrDestroy, openAmqp } from "../broker/amqp.js";
import { UsageError } from "../exit.js";
import { handOver } from "./hand-over.js";
import { noExchange, type Subscribe, type Where } from "./subscription.js";

/** Through an exclusive queue that the broker names, and deletes with the connection. */
export const subscribeAmqp: Subscribe = async (where, receive) => {
  const model = await openAmqp(where);
  let reason = "closed";
  const lost = (error?: Error) => {
    if (error !== undefined) reason = error.message;
  };
  model.on("error", lost);
  const closed = new Promise<string>((resolve) => {
    model.once("close", (error?: Error) => {
      lost(error);
      resolve(reason);
    });
  });
  const close = () => closeOrDestroy(model);
  try {
    const channel = await model.createChannel();
    channel.on("error", lost);
    // Where the broker ends the channel, the connection is closed too, and both are opened again.
    channel.once("close", close);
    await channel.prefetch(where.prefetch);
    const bound = where.maxLength === undefined ? {} : { maxLength: where.maxLength };
    const { queue } = await channel.assertQueue("", {
      ...{ exclusive: true, autoDelete: true, durable: false, ...bound },
    });
    for (const binding of where.bindingsOf(await typeOf(model, where.exchange)))
      await channel.bindQueue(queue, where.exchange, binding.pattern, binding.arguments);
    await channel.consume(queue, (message) => {
      if (message === null) return void close();
      const done = () => {
        try {
          channel.ack(message);
        } catch {
          // The channel has closed; so has the queue.
        }
      };
      handOver(deliveryOf(message), receive, done);
    });
    return { closed, close };
  } catch (error) {
    await close();
    throw error instanceof UsageError ? error : declined(error, where);
  }
};

/** What of a message tells how its body is to be read. */
function deliveryOf({ content: body, fields, properties }: ConsumeMessage): Delivery {
  const { contentType, contentEncoding } = properties;
  const { exchange, routingKey, redelivered } = fields;
  return { body, exchange, routingKey, redelivered, headers: {}, contentType, contentEncoding } as Delivery;
}

/**
 * RabbitMQ names the type of an exchange in its answer to a declaration with another type. `undefined` where it does not,
 * or where the user may not declare. An exchange that is deleted at that moment is declared, and ends with our queue.
 */
async function typeOf(model: ChannelModel, exchange: string): Promise<string | undefined> {
  const own = builtInType(exchange);
  if (own !== undefined) return own;
  const channel = await model.createChannel();
  channel.on("error", () => {});
  await channel.checkExchange(exchange);
  try {
    await channel.assertExchange(exchange, PROBE, { durable: false, autoDelete: true });
    await channel.close();
    return PROBE;
  } catch (error) {
    const { message } = error as Error;
    const [, type] = /inequivalent arg 'type' for exchange .* but current is '+([^']+)'/s.exec(message) ?? [];
    // The broker compares the type first.
    return type ?? (message.includes("inequivalent arg '") ? PROBE : undefined);
  }
}

const PROBE = "topic";

function declined(error: unknown, where: Where): TransportError {
  const { code, message } = error as { code?: number; message: string };
  if (code === 404) return noExchange(where, error);
  const permanent = code === 403;
  const advice = permanent
    ? ". The user needs the rights on its own queue (amq.gen-…) and to read the exchange"
    : "";
  const text = `${where.endpoint.label}: ${message}${advice}`;
  return new TransportError(permanent ? "permission" : "unreachable", text, { cause: error, permanent });
}
