import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { TransportError } from "@streamll/core";
import { builtInType } from "@streamll/sink/internal";
import { amqp091Transport } from "@streamll/transport-amqp091";
import { type ChannelModel, connect, credentials, type SocketOptions } from "amqplib";
import { UsageError } from "../exit.js";
import { noExchange, type Subscribe, type Where } from "./subscription.js";

/** A frozen broker does not answer a close. */
const CLOSE_GRACE_MS = 1000;

/** Through an exclusive queue that the broker names, and deletes with the connection. */
export const subscribeAmqp: Subscribe = async (where, receive) => {
  const model = await open(where);
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
    const { queue } = await channel.assertQueue("", { exclusive: true, autoDelete: true, durable: false });
    for (const binding of where.bindingsOf(await typeOf(model, where.exchange)))
      await channel.bindQueue(queue, where.exchange, binding.pattern, binding.arguments);
    await channel.consume(queue, (message) => {
      if (message === null) return void close();
      const { content, fields } = message;
      receive({
        body: content,
        routingKey: fields.routingKey,
        done() {
          try {
            channel.ack(message);
          } catch {
            // The channel has closed; so has the queue.
          }
        },
      });
    });
    return { closed, close };
  } catch (error) {
    await close();
    throw error instanceof UsageError ? error : declined(error, where);
  }
};

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

async function closeOrDestroy(model: ChannelModel): Promise<void> {
  const answered = model.close().then(
    () => true,
    () => true,
  );
  if (await Promise.race([answered, setTimeout(CLOSE_GRACE_MS, false, { ref: false })])) return;
  const { stream } = model.connection as unknown as { stream: Socket };
  // With an error amqplib notices.
  stream.destroy(new Error("the broker does not answer"));
}

async function open(where: Where): Promise<ChannelModel> {
  const { endpoint, options } = where;
  const { host, port, username, password, path, scheme } = endpoint;
  const login = username === undefined && password === undefined ? ["guest", "guest"] : [username, password];
  const target = {
    protocol: scheme,
    hostname: host,
    ...(port === undefined ? {} : { port }),
    // amqplib decodes it.
    vhost: encodeURIComponent(path === "" ? "/" : path),
    heartbeat: heartbeatSeconds(options.heartbeatMs),
  };
  const { tls, connectionName, connectionTimeoutMs } = options;
  try {
    return await connect(target, {
      ...(scheme === "amqps" ? { minVersion: "TLSv1.2", ...tls } : {}),
      timeout: connectionTimeoutMs,
      credentials: credentials.plain(login[0] ?? "", login[1] ?? ""),
      clientProperties: { connection_name: connectionName },
    } as SocketOptions);
  } catch (error) {
    throw await explained(error, where);
  }
}

/** 0 switches it off, so that half a second must not become it; the field has 16 bits. */
const heartbeatSeconds = (milliseconds: number): number =>
  milliseconds === 0 ? 0 : Math.min(Math.max(1, Math.round(milliseconds / 1000)), 0xffff);

/** The transport knows what a failed handshake means and what to do, so it tries the same. */
async function explained(error: unknown, { endpoint, options }: Where): Promise<TransportError> {
  const { message } = error as Error;
  // The transport would take as long again.
  if (message === "connect ETIMEDOUT") {
    const text = `${endpoint.label}: no connection within ${options.connectionTimeoutMs / 1000} s`;
    return new TransportError("timeout", text, { cause: error });
  }
  try {
    const signal = AbortSignal.timeout(options.connectionTimeoutMs);
    const connection = await amqp091Transport.create(options).connect(endpoint, { index: 0 }, signal);
    await connection.close(AbortSignal.abort());
  } catch (known) {
    if (known instanceof TransportError) return known;
  }
  return new TransportError("unreachable", `${endpoint.label}: ${message}`, {
    cause: error,
  });
}

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
