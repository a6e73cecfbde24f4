import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import {
  type Address,
  type ConnectAttempt,
  type DialAddress,
  dial,
  heartbeatSeconds,
  type Login,
  renewLogin,
  virtualHostOf,
} from "@streamll/transport-kit";
import { failure, type Stage } from "./failure.js";
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
  readonly address: DialAddress;
  readonly endpoint: Endpoint;
  readonly options: TransportOptions;
  readonly connectionName: string;
  readonly login: Login;
  readonly attempt: ConnectAttempt;
}

/** No event of ours needs more, whatever the broker would take. */
const FRAME_MAX = 64 * 1024 * 1024;

/** @throws TransportError */
export async function openSession(setup: SessionSetup): Promise<Session> {
  const { address, endpoint, options, connectionName, login, attempt } = setup;
  const { label } = endpoint;
  let stage: Stage = "login";
  let wire: Wire | undefined;
  try {
    wire = new Wire(await attempt.race(dial(address, attempt)));
    attempt.reached("host");
    const { ask } = asker(wire, attempt);
    const tuning = nextTuning(wire);
    const properties = readProperties(
      await ask(PEER_PROPERTIES, peerProperties(ownProperties(connectionName))),
    );
    attempt.reached("broker");
    await authenticate(ask, login, label);
    const { frameMax, heartbeat } = await attempt.race(Promise.race([tuning, rejection(wire)]));
    const agreed: Tuning = {
      frameMax: lower(frameMax, FRAME_MAX),
      heartbeat: options.heartbeatMs === 0 ? 0 : lower(heartbeat, heartbeatSeconds(options.heartbeatMs)),
    };
    wire.write(tune(agreed));
    wire.limit(agreed.frameMax);
    stage = "virtual host";
    const node = nodeOf(await ask(OPEN, open(virtualHostOf(endpoint))));
    // Not before: RabbitMQ 4 keeps silent for 3 s before it refuses a virtual host.
    wire.beat(agreed.heartbeat);
    const { version } = properties;
    const versions: CommandVersions = isFrom(version, 3, 11)
      ? readVersions(await ask(EXCHANGE_COMMAND_VERSIONS, exchangeCommandVersions()))
      : new Map();
    const dialect: Dialect = isFrom(version, 3, 13) ? "from 3.13" : "before 3.13";
    // An older broker ends the connection over it, and keeps that beyond the life of a token.
    if (dialect === "from 3.13") renew(wire, login, options, endpoint);
    return { wire, frameMax: agreed.frameMax, node, versions, dialect };
  } catch (error) {
    wire?.end(error as Error);
    throw failure(error, stage, label);
  }
}

type Ask = (command: number, ...fields: readonly Buffer[]) => Promise<Reader>;

/** Asks within the time limit of the connect. */
export const asker = (wire: Wire, attempt: Pick<ConnectAttempt, "race">): { readonly ask: Ask } => ({
  ask: (command, ...fields) => attempt.race(wire.ask(command, ...fields)),
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
    throw new TransportError("auth", message, { permanent: true });
  }
  await ask(SASL_AUTHENTICATE, saslAuthenticate(mechanism, username, password));
}

/** Before a token expires, the broker is given a new one. */
function renew(wire: Wire, first: Login, options: TransportOptions, endpoint: Endpoint): void {
  renewLogin(first, {
    ...{ options, endpoint, ended: wire.ended },
    update: ({ mechanism, username, password }) =>
      wire.ask(SASL_AUTHENTICATE, saslAuthenticate(mechanism, username, password)),
    failed: (error) => wire.end(failure(error, "login", endpoint.label)),
    blocked: () => false,
  });
}

/** The broker sends Tune unasked, maybe together with the answer to the login. */
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
