import type { Endpoint, TransportOptions } from "@streamll/core";
import { type Address, type Deadline, dial, type Login, tlsOptions } from "@streamll/transport-kit";
import { isEncrypted } from "./address.js";
import { failure, type Stage, transportError } from "./failure.js";
import type { Dialect } from "./message/message.js";
import {
  EXCHANGE_COMMAND_VERSIONS,
  OPEN,
  PEER_PROPERTIES,
  SASL_AUTHENTICATE,
  SASL_HANDSHAKE,
  TUNE,
} from "./protocol/commands.js";
import { open } from "./protocol/open.js";
import { type Properties, peerProperties, readProperties } from "./protocol/peer-properties.js";
import type { Reader } from "./protocol/reader.js";
import { readMechanisms, saslAuthenticate } from "./protocol/sasl.js";
import { lower, readTuning, type Tuning, tune } from "./protocol/tune.js";
import { type CommandVersions, exchangeCommandVersions, isFrom, readVersions } from "./protocol/versions.js";
import { Wire } from "./wire.js";

/** A connection that is logged in to a virtual host. */
export interface Session {
  readonly wire: Wire;
  /** Bytes of the largest frame, as both ends agreed. */
  readonly frameMax: number;
  /** The node at the other end, by the address that it goes by among brokers. */
  readonly node: Address | undefined;
  /** What the broker can do beyond the commands of 3.10. */
  readonly versions: CommandVersions;
  readonly dialect: Dialect;
}

export interface SessionSetup {
  readonly address: Address;
  readonly endpoint: Endpoint;
  readonly options: TransportOptions;
  readonly connectionName: string;
  readonly login: Login;
  readonly deadline: Deadline;
  /** Told how far it came, for the message of a timeout. */
  readonly reached: (stage: "host" | "broker") => void;
}

/** No event of ours needs more, whatever the broker would take. */
const FRAME_MAX = 64 * 1024 * 1024;

/** @throws TransportError */
export async function openSession(setup: SessionSetup): Promise<Session> {
  const { address, endpoint, options, connectionName, login, deadline, reached } = setup;
  const { label } = endpoint;
  let stage: Stage = "login";
  let wire: Wire | undefined;
  try {
    const tls = isEncrypted(endpoint, options) ? { tls: tlsOptions(options.tls) } : {};
    const timeoutMs = options.connectionTimeoutMs;
    const dialing = dial({ ...address, timeoutMs, ...tls }, deadline.signal);
    // One that is there only after the time was up.
    dialing.then(
      (socket) => deadline.signal.aborted && socket.destroy(),
      () => {},
    );
    wire = new Wire(await deadline.race(dialing));
    reached("host");
    const { ask } = asker(wire, deadline);
    const tuning = nextTuning(wire);
    const properties = readProperties(
      await ask(PEER_PROPERTIES, peerProperties(ownProperties(connectionName))),
    );
    reached("broker");
    await authenticate(ask, login, label);
    const { frameMax, heartbeat } = await deadline.race(Promise.race([tuning, rejection(wire)]));
    const agreed: Tuning = {
      frameMax: lower(frameMax, FRAME_MAX),
      heartbeat: options.heartbeatMs === 0 ? 0 : lower(heartbeat, seconds(options.heartbeatMs)),
    };
    wire.write(tune(agreed));
    wire.limit(agreed.frameMax);
    stage = "virtual host";
    const virtualHost = endpoint.path === "" ? "/" : endpoint.path;
    const node = nodeOf(await ask(OPEN, open(virtualHost)));
    // Not before: RabbitMQ 4 keeps silent for 3 s before it refuses a virtual host.
    wire.beat(agreed.heartbeat);
    const { version } = properties;
    const versions: CommandVersions = isFrom(version, 3, 11)
      ? readVersions(await ask(EXCHANGE_COMMAND_VERSIONS, exchangeCommandVersions()))
      : new Map();
    const dialect: Dialect = isFrom(version, 3, 13) ? "from 3.13" : "before 3.13";
    return { wire, frameMax: agreed.frameMax, node, versions, dialect };
  } catch (error) {
    wire?.end(error as Error);
    if (deadline.signal.aborted) throw deadline.signal.reason;
    throw failure(error, stage, label);
  }
}

type Ask = (command: number, ...fields: readonly Buffer[]) => Promise<Reader>;

/** Asks within the time of the connect. */
export const asker = (wire: Wire, deadline: Deadline): { readonly ask: Ask } => ({
  ask: (command, ...fields) => deadline.race(wire.ask(command, ...fields)),
});

async function authenticate(
  ask: Ask,
  { mechanism, username, password }: Login,
  label: string,
): Promise<void> {
  const offered = readMechanisms(await ask(SASL_HANDSHAKE));
  if (!offered.includes(mechanism)) {
    const hint =
      mechanism === "EXTERNAL"
        ? "enable rabbitmq_auth_mechanism_ssl there, or give username and password"
        : "it does not take user name and password";
    const message = `${label}: the broker offers ${offered.join(", ") || "no login"}, not ${mechanism}: ${hint}`;
    throw transportError("auth", message, { permanent: true });
  }
  await ask(SASL_AUTHENTICATE, saslAuthenticate(mechanism, username, password));
}

/** The broker sends it on its own, maybe with the answer to the login. */
function nextTuning(wire: Wire): Promise<Tuning> {
  return new Promise((resolve) => {
    wire.onPush = (command, content) => {
      if (command === TUNE) resolve(readTuning(content));
    };
  });
}

const rejection = (wire: Wire): Promise<never> =>
  wire.ended.then((error) => {
    throw error;
  });

const ownProperties = (connectionName: string): Properties => ({
  product: "streamll",
  platform: "Node.js",
  connection_name: connectionName,
});

function nodeOf(answer: Reader): Address | undefined {
  if (answer.left === 0) return undefined;
  const { advertised_host: host, advertised_port: port } = readProperties(answer);
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

/** 0 would switch it off: half a second must not become it. */
const seconds = (milliseconds: number): number => Math.max(1, Math.round(milliseconds / 1000));
