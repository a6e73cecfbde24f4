import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Server } from "node:net";
import { type Broker, openChannel } from "@streamll/brokers";
import type { RabbitMQSinkOptions } from "@streamll/sink";

const password = "pw-s3cret";

/** Something is wrong with the broker, or with the way to it. */
export interface Fault {
  readonly options: RabbitMQSinkOptions;
  /** Puts it right. Absent where only other options can. */
  mend?(): Promise<unknown>;
  /** How many messages are in the queue then. */
  arrived?(): Promise<number>;
  /** Undoes all that was made on the broker. */
  clear?(): Promise<unknown>;
}

async function depth(url: string, queue: string): Promise<number> {
  await using channel = await openChannel(url);
  return (await channel.checkQueue(queue)).messageCount;
}

/** The URL with another user, host, port or virtual host. */
function urlOf(
  base: string,
  own: Partial<Record<"protocol" | "username" | "password" | "hostname" | "port" | "pathname", string>>,
) {
  return Object.assign(new URL(base.replace(/^amqp/, "http")), own).href.replace(/^http/, "amqp");
}

/** Through the management API, which answers at once; rabbitmqctl starts a virtual machine for every word. */
async function manage({ managementUrl }: Broker, method: "PUT" | "DELETE", path: string, body?: object) {
  const { origin, username, password } = new URL(managementUrl);
  const answer = await fetch(`${origin}/api/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
}

const permit = (broker: Broker, vhost: string, user: string, configure = ".*") =>
  manage(broker, "PUT", `permissions/${vhost}/${user}`, { configure, write: ".*", read: ".*" });

const setPassword = (broker: Broker, name: string, word: string) =>
  manage(broker, "PUT", `users/${name}`, { password: word, tags: "" });

/** A user and a virtual host of its own, both without any right yet. */
async function own(broker: Broker, name: string) {
  await manage(broker, "PUT", `vhosts/${name}`, {});
  await setPassword(broker, name, password);
  const url = urlOf(broker.url, { username: name, password, pathname: `/${name}` });
  return {
    options: { amqpUrl: url },
    arrived: () => depth(url, "streamll_events"),
    async clear() {
      await manage(broker, "DELETE", `users/${name}`);
      await manage(broker, "DELETE", `vhosts/${name}`);
    },
  };
}

/** Deletes exchange and queue of the default virtual host. */
async function clearOf(broker: Broker, name: string) {
  await using channel = await openChannel(broker.url);
  await channel.deleteQueue(name);
  await channel.deleteExchange(name);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Lets a port lead to the broker. */
async function lead(port: number, { url }: Broker): Promise<Server> {
  const target = Number(new URL(url).port);
  const server = createServer((client) => {
    const broker = connectTcp(target, "127.0.0.1");
    client.on("error", () => broker.destroy()).pipe(broker);
    broker.on("error", () => client.destroy()).pipe(client);
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

type Arrange = (broker: Broker, name: string) => Promise<Fault>;

export const wrongPassword: Arrange = async (broker, name) => {
  const mine = await own(broker, name);
  await permit(broker, name, name);
  await setPassword(broker, name, "another");
  return { ...mine, mend: () => setPassword(broker, name, password) };
};

export const noBroker: Arrange = async (broker, name) => {
  const port = await freePort();
  let server: Server | undefined;
  return {
    options: { amqpUrl: urlOf(broker.url, { port: String(port) }), exchange: name },
    async mend() {
      server = await lead(port, broker);
    },
    arrived: () => depth(broker.url, name),
    async clear() {
      server?.close();
      await clearOf(broker, name);
    },
  };
};

interface Expected {
  readonly code: string;
  /** start() rejects with it; otherwise it resolves, and goes on trying. */
  readonly permanent?: true;
  readonly message: RegExp;
}

export const faults: readonly [string, Arrange, Expected][] = [
  [
    "a wrong password",
    wrongPassword,
    { code: "TRANSPORT_AUTH", permanent: true, message: /Check the user name and the password/ },
  ],
  [
    "an unknown virtual host",
    async (broker, name) => ({
      options: { amqpUrl: urlOf(broker.url, { pathname: `/${name}` }), exchange: name },
      async mend() {
        await manage(broker, "PUT", `vhosts/${name}`, {});
        await permit(broker, name, "guest");
      },
      arrived: () => depth(urlOf(broker.url, { pathname: `/${name}` }), name),
      clear: () => manage(broker, "DELETE", `vhosts/${name}`),
    }),
    { code: "TRANSPORT_NOT_FOUND", permanent: true, message: /not found.*Check the path of the URL/ },
  ],
  [
    "a user without a right on the virtual host",
    async (broker, name) => ({ ...(await own(broker, name)), mend: () => permit(broker, name, name) }),
    { code: "TRANSPORT_PERMISSION", permanent: true, message: /Grant the user access to the virtual host/ },
  ],
  [
    "a user who may not declare",
    async (broker, name) => {
      const mine = await own(broker, name);
      await permit(broker, name, name, "^$");
      return { ...mine, mend: () => permit(broker, name, name) };
    },
    {
      code: "TRANSPORT_PERMISSION",
      permanent: true,
      message: /Grant the user the right on it, or set declareTopology: "none"/,
    },
  ],
  [
    "an exchange of another type",
    async (broker, name) => {
      const channel = await openChannel(broker.url);
      await channel.assertExchange(name, "fanout");
      return {
        options: { amqpUrl: broker.url, exchange: name },
        mend: () => channel.deleteExchange(name),
        arrived: () => depth(broker.url, name),
        async clear() {
          await channel[Symbol.asyncDispose]();
          await clearOf(broker, name);
        },
      };
    },
    {
      code: "TRANSPORT_TOPOLOGY_CONFLICT",
      permanent: true,
      message: /received '?topic'? but current is '?fanout'?.*use those, another name, or declareTopology/,
    },
  ],
  [
    "a broker that is not there",
    noBroker,
    {
      code: "TRANSPORT_UNREACHABLE",
      message: /ECONNREFUSED.*Check host and port, and that the broker runs/,
    },
  ],
  [
    "a host that does not resolve",
    async ({ url }) => ({ options: { amqpUrl: urlOf(url, { hostname: "no-such-host.invalid", password }) } }),
    {
      code: "TRANSPORT_UNREACHABLE",
      message: /no-such-host\.invalid.*Check (the host's name|host and port)/,
    },
  ],
  [
    "TLS to a plain port",
    async ({ url }) => ({ options: { amqpUrl: urlOf(url, { password }).replace(/^amqp:/, "amqps:") } }),
    { code: "TRANSPORT_TLS", permanent: true, message: /does not speak TLS: use amqp:\/\// },
  ],
  [
    "plain AMQP to a TLS port",
    async ({ tlsUrl }) => ({ options: { amqpUrl: urlOf(tlsUrl, { password }).replace(/^amqps:/, "amqp:") } }),
    { code: "TRANSPORT_TLS", permanent: true, message: /the port speaks TLS\. Use amqps:\/\// },
  ],
  [
    "a certificate that nobody trusted has signed",
    async ({ tlsUrl }) => ({ options: { amqpUrl: urlOf(tlsUrl, { password }) } }),
    { code: "TRANSPORT_TLS", permanent: true, message: /certificate.*Check the certificates: tls\.ca/i },
  ],
];
