import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import { isError } from "@streamll/core/internal";
import {
  attemptsAt,
  type ConnectAttempt,
  type DialAddress,
  dialAddressOf,
  dialTcp,
  errorOf,
  heartbeatSeconds,
  type Login,
  refusalOfVirtualHost,
  virtualHostOf,
} from "@streamll/transport-kit";
import { type ChannelModel, connect, credentials, type SocketOptions } from "amqplib";
import { amqp091Description } from "./description.js";
import { classifyReply, failure } from "./failure.js";
import { catchSocket } from "./socket.js";
import { unrefWire, wireOf } from "./wire.js";

/** The frame size that RabbitMQ proposes itself; 4.1 refuses the least of the specification, 4096. */
const FRAME_MAX = 131_072;
const { amqp: plain, amqps: tls } = amqp091Description.ports;
const PORTS = { plain, tls };
/** A connection uses one channel for messages, and one more at a time for declarations. */
const CHANNEL_MAX = 8;

export interface Opening {
  readonly endpoint: Endpoint;
  /** Shown by the broker. */
  readonly connectionName: string;
  readonly options: TransportOptions;
  readonly login: Login;
  readonly attempt: ConnectAttempt;
}

/**
 * Opens the connection, up to and including the virtual host.
 *
 * @throws TransportError
 */
export async function openConnection(opening: Opening): Promise<ChannelModel> {
  const { endpoint, options, login, attempt } = opening;
  const address = dialAddressOf(endpoint, options, PORTS, "amqps");
  const vhost = virtualHostOf(endpoint);
  const handshake = await (address.tls ? overTls : overTcp)(address, opening, vhost);
  try {
    return await attempt.race(handshake.model);
  } catch (error) {
    if (attempt.signal.aborted) throw error;
    if (isRefusedOpen(error)) throw await vhostFailure(error, endpoint.label, () => attempt.race(reason()));
    throw (
      closedEarly(error, handshake.bytesRead(), endpoint.label) ?? failure(error, "connect", endpoint.label)
    );
  }

  function reason() {
    return refusalOfVirtualHost(address, login, vhost, attempt.signal);
  }
}

interface Handshake {
  readonly model: Promise<ChannelModel>;
  /** `NaN` where it is not known. */
  bytesRead(): number;
}

async function overTcp(address: DialAddress, opening: Opening, vhost: string): Promise<Handshake> {
  const { attempt, endpoint } = opening;
  const attempts = await attempt.race(attemptsAt(address)).catch((error) => {
    throw failure(error, "connect", endpoint.label);
  });
  // Node takes the signal for the socket, and destroys it: amqplib itself cannot be interrupted.
  const signal = inTheNextTurn(attempt.signal);
  const { result, socket } = catchSocket(() =>
    amqpConnect("amqp", address, opening, vhost, { ...attempts, signal } as SocketOptions),
  );
  socket?.unref();
  socket?.once("connect", () => {
    socket.unref();
    attempt.reached("host");
  });
  return { model: result, bytesRead: () => socket?.bytesRead ?? Number.NaN };
}

async function overTls(address: DialAddress, opening: Opening, vhost: string): Promise<Handshake> {
  const { attempt, endpoint } = opening;
  const socket = await attempt.race(dialTcp(address, inTheNextTurn(attempt.signal))).catch((error) => {
    throw failure(error, "connect", endpoint.label);
  });
  // amqplib does the TLS handshake, and does not tell when it is done.
  attempt.reached("host");
  const model = amqpConnect("amqps", address, opening, vhost, { ...address.tls, socket } as SocketOptions);
  return { model, bytesRead: () => Number.NaN };
}

/**
 * Destroyed in the turn in which the broker has opened the connection, a socket emits its error before amqplib's promise
 * has told of the connection: no listener could be there yet, and it would be thrown into the host.
 */
function inTheNextTurn(signal: AbortSignal): AbortSignal {
  const later = new AbortController();
  const abort = () => void setImmediate(() => later.abort(signal.reason));
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return later.signal;
}

function amqpConnect(
  protocol: "amqp" | "amqps",
  { host, port }: DialAddress,
  { options, connectionName, login, attempt }: Opening,
  vhost: string,
  socketOptions: SocketOptions,
): Promise<ChannelModel> {
  const target = {
    protocol,
    hostname: host,
    port,
    // amqplib decodes the object form's vhost too.
    vhost: encodeURIComponent(vhost),
    frameMax: FRAME_MAX,
    channelMax: CHANNEL_MAX,
    heartbeat: heartbeatSeconds(options.heartbeatMs),
  };
  return connect(target, {
    ...socketOptions,
    noDelay: true,
    keepAlive: true,
    credentials:
      login.mechanism === "EXTERNAL"
        ? credentials.external()
        : credentials.plain(login.username, login.password),
    clientProperties: { connection_name: connectionName },
  }).then((model) => {
    // A listener is there before anything can emit an error.
    model.on("error", () => {});
    unrefWire(wireOf(model));
    attempt.reached("broker");
    return model;
  });
}

const isRefusedOpen = (error: unknown): boolean =>
  isError(error) && error.message.includes("Expected ConnectionOpenOk; got <ConnectionClose");

async function vhostFailure(
  cause: unknown,
  label: string,
  reason: () => ReturnType<typeof refusalOfVirtualHost>,
): Promise<TransportError> {
  const reply = await reason().catch(() => undefined);
  if (!reply) {
    return new TransportError(
      "permission",
      `${label}: the broker refused to open the virtual host. Check that it exists, and that the user may use it`,
      {
        cause,
      },
    );
  }
  return errorOf(classifyReply(reply, "connect"), `${label}: ${reply.code} ${reply.text}`, cause);
}

/** A TLS alert has 7 bytes, and an AMQP broker's first frame some hundred. */
const TLS_ALERT_BYTES = 7;

/** The other end hung up before the handshake was done: what it had said by then tells why. */
function closedEarly(cause: unknown, bytesRead: number, label: string): TransportError | undefined {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code !== "ECONNRESET" && code !== "EPIPE" && !/Socket closed abruptly/.test(message)) return undefined;
  if (bytesRead === TLS_ALERT_BYTES) {
    const text = `${label}: the port speaks TLS. Use amqps://, or the broker's plain port (5672)`;
    return new TransportError("tls", text, { cause, permanent: true });
  }
  if (bytesRead > TLS_ALERT_BYTES) {
    const text = `${label}: the broker hung up in the handshake: it went down, or, in old versions, refused the login`;
    return new TransportError("unreachable", text, { cause });
  }
  const text = `${label}: the other end hung up before the broker said anything. Check that the port is the broker's, and whether it speaks TLS (amqps://)`;
  return new TransportError("unreachable", text, { cause });
}
