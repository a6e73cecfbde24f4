import { type Certificates, certificates } from "@streamll/brokers";
import rhea, { type AmqpError, type Connection, type Container, type Receiver, type Sender } from "rhea";
import { agree, connectionsOf, createLinks, keepBytes, localAttach } from "./attach.js";
import { answerTokens, onCommand, type PutToken, type PutTokenAnswer } from "./cbs.js";
import { createClaims } from "./claims.js";
import { fault, faultOf } from "./conditions.js";
import { giveOut } from "./deliver.js";
import type { EntityOptions } from "./entity.js";
import { createCommands, type Faults } from "./faults.js";
import { maxMessageSize, type Transfer, takeIn } from "./intake.js";
import { tokenIssuer } from "./jwt.js";
import { listen } from "./listen.js";
import type { StoredMessage } from "./message.js";
import { createNamespace, type Node } from "./namespace.js";
import { type AccessKey, bothRights, claimOfSas, type Right, TokenRefused } from "./tokens.js";

export interface FakeServiceBusOptions {
  /** Queues and topics. Default: none. */
  readonly entities?: readonly (string | EntityOptions)[];
  /** Shared access keys by name. Default: `RootManageSharedAccessKey`, with a key that holds "+", "/" and "=". */
  readonly keys?: Readonly<Record<string, string | AccessKey>>;
  /** TLS with an authority of its own, or these. Default: none, as the emulator. */
  readonly tls?: boolean | Certificates;
  /** Part of the service's 10 minutes after which an idle link is detached. Default: 1. */
  readonly scale?: number;
  /** How many transfers of a link may be unanswered. Default: 1,000. */
  readonly credit?: number;
}

export interface FakeServiceBus extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `sb://HOST:PORT/` */
  readonly endpoint: string;
  /** Of the first key; without TLS in the form of the emulator. */
  readonly connectionString: string;
  readonly webSocketUrl: string;
  /** Of its authority, PEM; undefined without TLS. */
  readonly ca: string | undefined;
  readonly faults: Faults;
  /** Each token that `$cbs` was sent, and what it answered; status 0 for no answer. */
  readonly tokens: readonly (PutToken & { readonly status: number; readonly at: number })[];
  /** Each transfer of a client, in order. */
  readonly transfers: readonly Transfer[];
  /** What this server could not make sense of: nothing, where a client is right. */
  readonly protocolErrors: readonly Error[];
  /** Open now. */
  readonly connections: number;
  /** Links to entities, open now. */
  readonly links: number;
  /** What the queue or topic took, in order, whoever has received it since. @throws RangeError */
  received(entity: string): readonly StoredMessage[];
  /** A token of Microsoft Entra ID for this namespace. @param audience Default: Service Bus's. */
  entraToken(livesMs: number, audience?: string): string;
  add(entity: string | EntityOptions): void;
  /** Its links are detached, and later ones refused, with `amqp:not-found`. */
  remove(entity: string): void;
  /** Its links are detached, and later ones refused, with `com.microsoft:entity-disabled`. */
  disable(entity: string): void;
  enable(entity: string): void;
  close(): Promise<void>;
}

/**
 * Starts a server on loopback that behaves as Azure Service Bus does, where a sender notices.
 * @example
 * await using bus = await startFakeServiceBus({ entities: ["events"] });
 * const client = new ServiceBusClient(bus.connectionString);
 * await client.createSender("events").sendMessages({ body: "hello" });
 * bus.received("events")[0]?.body; // a Buffer
 */
export async function startFakeServiceBus(options: FakeServiceBusOptions = {}): Promise<FakeServiceBus> {
  const { keys = { RootManageSharedAccessKey: "c2VjcmV0+k/y=" }, scale = 1, credit = 1000, tls } = options;
  const host = "localhost";
  const accessKeys = new Map(
    Object.entries(keys).map(([name, key]) => [name, typeof key === "string" ? { key } : key]),
  );
  const entra = tokenIssuer();
  const namespace = createNamespace();
  for (const entity of options.entities ?? []) namespace.add(entity);
  const disabled = new Set<string>();

  const tokens: (PutToken & { status: number; at: number })[] = [];
  const transfers: Transfer[] = [];
  const protocolErrors: Error[] = [];
  const commands = createCommands();
  const claims = createClaims(host);
  const links = createLinks(() => faults.idleDetachMs);
  const senders = new Set<Sender>();

  const container = serviceContainer(accessKeys);
  const connections = connectionsOf(container);
  for (const event of ["error", "protocol_error"]) {
    container.on(event, (error: Error) => protocolErrors.push(error));
  }
  keepBytes(container);
  container.on("connection_open", ({ connection }) => {
    const key = accessKeys.get(loginOf(connection) ?? "");
    if (key)
      claims.put(connection, { resource: host, rights: key.rights ?? bothRights, expiresAt: Infinity });
  });
  container.on("receiver_open", ({ receiver }) => open(receiver as Receiver, receiver?.target?.address));
  container.on("sender_open", ({ sender }) => open(sender as Sender, sender?.source?.address));
  container.on("sender_close", ({ sender }) => senders.delete(sender as Sender));

  function open(link: Sender | Receiver, given: unknown): void {
    const address = String(given ?? "").replace(/^([a-z]+:\/\/[^/]+)?\//i, "");
    if (address === "$cbs") {
      agree(link);
      if (isReceiver(link)) answerTokens(link, senders, put(link.connection));
      else senders.add(link);
      return;
    }
    const right = link.is_receiver() ? "Send" : "Listen";
    const node = namespace.find(address);
    const refused = reasonAgainst(link.connection, address, right, node);
    if (refused || !node) {
      link.close(refused);
      return;
    }
    agree(link);
    const { touch } = links.add(link, node.owner, address);
    if (isReceiver(link) && node.entity) {
      const { maxBatchSize } = node.entity.options;
      const attach = localAttach(link);
      attach.max_message_size = maxMessageSize(node.entity.options);
      if (maxBatchSize !== undefined) {
        attach.properties = {
          "com.microsoft:max-message-batch-size": rhea.types.wrap_ulong(maxBatchSize),
        };
      }
      takeIn(link, { entity: node.entity, credit, commands, faults, transfers, touch });
    } else if (!isReceiver(link) && node.store) {
      giveOut(link, { store: node.store, deadLetters: node.deadLetters, touch });
    }
  }

  function reasonAgainst(
    connection: Connection,
    address: string,
    right: Right,
    node?: Node,
  ): AmqpError | undefined {
    if (!claims.allow(connection, address, right)) return unauthorised(right, address);
    const part = right === "Send" ? node?.entity : node?.store;
    if (!node || !part) return notFound(address);
    if (disabled.has(node.owner)) return faultOf("com.microsoft:entity-disabled");
    return commands.ofAttach(node.owner);
  }

  const put = (connection: Connection) => (request: PutToken) => {
    const failure = commands.ofToken();
    const answer = failure ? onCommand(failure) : judge(connection, request);
    tokens.push({ ...request, status: answer?.status ?? 0, at: Date.now() });
    return answer;
  };
  function judge(connection: Connection, { type, token }: PutToken): PutTokenAnswer {
    try {
      const claim =
        type === "jwt" ? entra.claimOf(token, claims.hostOf(connection)) : claimOfSas(token, accessKeys);
      claims.put(connection, claim, () => {
        links.detach(
          fault("amqp:unauthorized-access", "ExpiredToken: The token is expired."),
          ({ link, address, right }) =>
            link.connection === connection && !claims.allow(connection, address, right),
        );
      });
      return { status: 202, description: "Accepted" };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return { status: 401, description: error.message, condition: "com.microsoft:auth-failed" };
    }
  }

  const files = tls === true ? await certificates() : tls || undefined;
  const listener = await listen(container, files && { cert: files["cert.pem"], key: files["key.pem"] });
  const faults: Faults = {
    ...commands,
    oversize: "reject",
    idleDetachMs: 600_000 * scale,
    detach: (condition = "amqp:link:detach-forced", entity) =>
      links.detach(faultOf(condition), ({ owner }) => entity === undefined || owner === entity),
    closeConnections(condition = "amqp:connection:forced") {
      for (const connection of connections) connection.close(faultOf(condition));
    },
    dropConnections: listener.drop,
  };
  const endpoint = `sb://${host}:${listener.port}/`;
  const [[keyName, { key }]] = accessKeys as unknown as [[string, AccessKey]];
  const secured = files !== undefined;
  const close = () => listener.close();
  return {
    host,
    port: listener.port,
    endpoint,
    connectionString: `Endpoint=${endpoint};SharedAccessKeyName=${keyName};SharedAccessKey=${key}${secured ? "" : ";UseDevelopmentEmulator=true"}`,
    webSocketUrl: `${secured ? "wss" : "ws"}://${host}:${listener.port}/$servicebus/websocket`,
    ca: files?.["ca.pem"],
    faults,
    tokens,
    transfers,
    protocolErrors,
    get connections() {
      return connections.size;
    },
    get links() {
      return links.links.size;
    },
    received: (entity) => namespace.entity(entity).messages,
    entraToken: entra.issue,
    add: namespace.add,
    remove(entity) {
      namespace.remove(entity);
      links.detach(notFound(entity), ({ owner }) => owner === entity);
    },
    disable(entity) {
      disabled.add(entity);
      links.detach(faultOf("com.microsoft:entity-disabled"), ({ owner }) => owner === entity);
    },
    enable: (entity) => void disabled.delete(entity),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const isReceiver = (link: Sender | Receiver): link is Receiver => link.is_receiver();

const notFound = (address: string) =>
  fault("amqp:not-found", `The messaging entity '${address}' could not be found.`);

const unauthorised = (right: Right, address: string) =>
  fault(
    "amqp:unauthorized-access",
    `Unauthorized access. '${right}' claim(s) are required to perform this operation. Resource: '${address}'.`,
  );

/** What the service offers, in its order; and nobody's outcome but that of a test settles a delivery. */
function serviceContainer(keys: ReadonlyMap<string, AccessKey>): Container {
  const container = rhea.create_container({
    id: "fake-service-bus",
    max_frame_size: 65_536,
    channel_max: 4999,
    idle_time_out: 240_000,
    autoaccept: false,
    credit_window: 0,
    treat_modified_as_released: false,
  });
  const mechanisms = container.sasl_server_mechanisms;
  mechanisms.enable_anonymous();
  const anonymous = mechanisms.ANONYMOUS;
  delete mechanisms.ANONYMOUS;
  mechanisms.MSSBCBS = anonymous;
  mechanisms.enable_plain((name: string, key: string) => keys.get(name)?.key === key);
  mechanisms.ANONYMOUS = anonymous;
  return container;
}

/** The key's name, where SASL PLAIN was used. */
const loginOf = (connection: Connection): string | undefined =>
  (connection as { sasl_transport?: { selected?: { mechanism?: { username?: string } } } }).sasl_transport
    ?.selected?.mechanism?.username;
