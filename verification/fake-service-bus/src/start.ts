import { type Certificates, certificates } from "@streamll/brokers";
import type { TokenSeen } from "./cbs.js";
import { faultOf } from "./conditions.js";
import { watchEnds } from "./ends.js";
import type { EntityOptions } from "./entity.js";
import { createCommands, type Faults } from "./faults.js";
import type { Transfer } from "./intake.js";
import { tokenIssuer } from "./jwt.js";
import { createLinks, keepBytes } from "./links.js";
import { listen } from "./listen.js";
import { createLocks } from "./locks.js";
import type { StoredMessage } from "./message.js";
import { createNamespace } from "./namespace.js";
import { serviceContainer } from "./sasl.js";
import { notFound, serve } from "./service.js";
import type { Entry } from "./store.js";
import type { AccessKey } from "./tokens.js";

export interface FakeServiceBusOptions {
  /** Queues and topics. Default: none. */
  readonly entities?: readonly (string | EntityOptions)[];
  /** Shared access keys by name. Default: `RootManageSharedAccessKey`, with a key that holds "+", "/" and "=". */
  readonly keys?: Readonly<Record<string, string | AccessKey>>;
  /** TLS with an authority of its own, or these. Default: none, as the emulator. */
  readonly tls?: boolean | Certificates;
  /** Part of the service's times after which idle links are detached, and connections without links closed. Default: 1. */
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
  /** Each token that `$cbs` was sent, in order. */
  readonly tokens: readonly TokenSeen[];
  /** Each request to the `$management` of an entity: its operation. */
  readonly managed: readonly string[];
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
  /** What the address (a queue, `TOPIC/Subscriptions/NAME`, `QUEUE/$DeadLetterQueue`) holds, taken by a receiver or not. */
  stored(address: string): readonly Entry[];
  /** How many of these no receiver has. */
  depth(address: string): number;
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
  const { entities = [], keys: given = defaultKeys, tls, scale = 1, credit = 1000 } = options;
  const host = "localhost";
  const keys = new Map(Object.entries(given).map(([name, key]) => [name, accessKey(key)]));
  const namespace = createNamespace();
  for (const entity of entities) namespace.add(entity);
  const disabled = new Set<string>();
  const entra = tokenIssuer();
  const commands = createCommands();
  const tokens: TokenSeen[] = [];
  const transfers: Transfer[] = [];
  const managed: string[] = [];
  const protocolErrors: Error[] = [];

  const container = serviceContainer(keys);
  for (const event of ["error", "protocol_error"]) {
    container.on(event, (error: Error) => protocolErrors.push(error));
  }
  keepBytes(container);
  const ends = watchEnds(container);
  const idle = { idleMs: 600_000 * scale, emptyMs: 300_000 * scale };
  const links = createLinks(ends, idle);
  const locks = createLocks();
  const detach = (condition: string, entity?: string) =>
    links.detach(faultOf(condition), (link) => entity === undefined || link.entity === entity);

  const files = tls === true ? await certificates() : tls || undefined;
  const listener = await listen(container, files && { cert: files["cert.pem"], key: files["key.pem"] });
  const faults: Faults = {
    ...commands,
    oversize: "reject",
    get idleDetachMs() {
      return links.idleMs;
    },
    set idleDetachMs(milliseconds) {
      links.idleMs = milliseconds;
    },
    get emptyCloseMs() {
      return links.emptyMs;
    },
    set emptyCloseMs(milliseconds) {
      links.emptyMs = milliseconds;
    },
    detach: (condition = "amqp:link:detach-forced", entity) => detach(condition, entity),
    closeConnections(condition = "amqp:connection:forced") {
      for (const connection of ends.connections) connection.close(faultOf(condition));
    },
    dropConnections: listener.drop,
    expireLocks() {
      locks.expire();
      for (const sessions of namespace.sessions()) sessions.expire();
    },
    clear() {
      commands.clear();
      faults.oversize = "reject";
      Object.assign(links, idle);
    },
  };
  serve({
    container,
    host,
    keys,
    entra,
    namespace,
    disabled,
    ends,
    links,
    locks,
    commands,
    faults,
    credit,
    tokens,
    managed,
    transfers,
  });

  const { port, close } = listener;
  const endpoint = `sb://${host}:${port}/`;
  return {
    host,
    port,
    endpoint,
    connectionString: connectionString(endpoint, keys, files ? "" : ";UseDevelopmentEmulator=true"),
    webSocketUrl: `${files ? "wss" : "ws"}://${host}:${port}/$servicebus/websocket`,
    ca: files?.["ca.pem"],
    faults,
    tokens,
    managed,
    transfers,
    protocolErrors,
    get connections() {
      return ends.connections.size;
    },
    get links() {
      return links.all.size;
    },
    received: (entity) => namespace.entity(entity).messages,
    stored: (address) => namespace.find(address)?.outlet?.from.peek(0, Number.POSITIVE_INFINITY) ?? [],
    depth: (address) => namespace.find(address)?.outlet?.from.depth() ?? 0,
    entraToken: entra.issue,
    add: namespace.add,
    remove(entity) {
      namespace.remove(entity);
      links.detach(notFound(entity), (link) => link.entity === entity);
    },
    disable(entity) {
      disabled.add(entity);
      detach("com.microsoft:entity-disabled", entity);
    },
    enable: (entity) => void disabled.delete(entity),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const defaultKeys = { RootManageSharedAccessKey: "c2VjcmV0+k/y=" };

const accessKey = (given: string | AccessKey): AccessKey =>
  typeof given === "string" ? { key: given } : given;

function connectionString(endpoint: string, keys: ReadonlyMap<string, AccessKey>, end: string): string {
  const [first] = keys;
  return `Endpoint=${endpoint};SharedAccessKeyName=${first?.[0]};SharedAccessKey=${first?.[1].key}${end}`;
}
