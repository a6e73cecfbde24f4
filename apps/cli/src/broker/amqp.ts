import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import { amqp091Transport } from "@streamll/transport-amqp091";
import { heartbeatSeconds, login, renewBeforeExpiry } from "@streamll/transport-kit";
import { type ChannelModel, connect, credentials, type SocketOptions } from "amqplib";

/** Where to connect, and how. */
export interface AmqpPlace {
  readonly endpoint: Endpoint;
  readonly options: TransportOptions;
}

/** A frozen broker does not answer a close. */
const CLOSE_GRACE_MS = 1000;

/** Closes in good order; a broker that does not answer within a second loses the socket. Never rejects. */
export async function closeOrDestroy(model: ChannelModel): Promise<void> {
  const answered = model.close().then(
    () => true,
    () => true,
  );
  if (await Promise.race([answered, setTimeout(CLOSE_GRACE_MS, false, { ref: false })])) return;
  destroy(model, new Error("the broker does not answer"));
}

/** With an error amqplib notices. */
function destroy(model: ChannelModel, error: Error): void {
  const { stream } = model.connection as unknown as { stream: Socket };
  stream.destroy(error);
}

/** Its password is renewed before it expires. @throws TransportError with the words of the transport. */
export async function openAmqp(place: AmqpPlace): Promise<ChannelModel> {
  const { endpoint, options } = place;
  const { host, port, path, scheme } = endpoint;
  const given = await login(options, endpoint);
  const { mechanism, username, password } = given;
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
    const model = await connect(target, {
      ...(scheme === "amqps" ? { minVersion: "TLSv1.2", ...tls } : {}),
      timeout: connectionTimeoutMs,
      credentials: mechanism === "EXTERNAL" ? credentials.external() : credentials.plain(username, password),
      clientProperties: { connection_name: connectionName },
    } as SocketOptions);
    // Else amqplib throws where the connection is lost. Who waits on it is told by its "close".
    model.on("error", () => {});
    const stop = renewBeforeExpiry(given, {
      ask: () => login(options, endpoint),
      update: (next) => model.updateSecret(Buffer.from(next.password), "about to expire"),
      failed: (error) => destroy(model, error as Error),
      blocked: () => false,
    });
    model.once("close", stop);
    return model;
  } catch (error) {
    throw await explained(error, place);
  }
}

/** The transport knows what a failed handshake means and what to do, so it tries the same. */
async function explained(error: unknown, { endpoint, options }: AmqpPlace): Promise<TransportError> {
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
