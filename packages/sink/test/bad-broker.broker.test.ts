import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Server } from "node:net";
import { inspect } from "node:util";
import { type Broker, brokersForTests } from "@streamll/brokers";
import { TransportError } from "@streamll/core";
import { connect } from "amqplib";
import { describe, expect, it, vi } from "vitest";
import { type Failure, RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { keeper } from "./keeper.js";

const password = "pw-s3cret";

/** Something is wrong with the broker, or with the way to it. */
interface Fault {
  readonly options: RabbitMQSinkOptions;
  /** Puts it right. Absent where only other options can. */
  mend?(): Promise<unknown>;
  /** How many messages are in the queue then. */
  arrived?(): Promise<number>;
  /** Undoes all that was made on the broker. */
  clear?(): Promise<unknown>;
}

async function depth(url: string, queue: string): Promise<number> {
  const connection = await connect(url);
  try {
    return (await (await connection.createChannel()).checkQueue(queue)).messageCount;
  } finally {
    await connection.close();
  }
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
  const connection = await connect(broker.url);
  const channel = await connection.createChannel();
  await channel.deleteQueue(name);
  await channel.deleteExchange(name);
  await connection.close();
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

const wrongPassword: Arrange = async (broker, name) => {
  const mine = await own(broker, name);
  await permit(broker, name, name);
  await setPassword(broker, name, "another");
  return { ...mine, mend: () => setPassword(broker, name, password) };
};

/** What start() answers, by fault; without a `kind` it resolves, and goes on trying. */
const faults: readonly [string, Arrange, Partial<TransportError> & { readonly message: RegExp | string }][] =
  [
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
        const connection = await connect(broker.url);
        const channel = await connection.createChannel();
        await channel.assertExchange(name, "fanout");
        return {
          options: { amqpUrl: broker.url, exchange: name },
          mend: () => channel.deleteExchange(name),
          arrived: () => depth(broker.url, name),
          async clear() {
            await connection.close();
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
      async (broker, name) => {
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
            const connection = await connect(broker.url);
            const channel = await connection.createChannel();
            await channel.deleteQueue(name);
            await channel.deleteExchange(name);
            await connection.close();
          },
        };
      },
      {
        code: "TRANSPORT_UNREACHABLE",
        message: /ECONNREFUSED.*Check host and port, and that the broker runs/,
      },
    ],
    [
      "a host that does not resolve",
      async ({ url }) => ({
        options: { amqpUrl: urlOf(url, { hostname: "no-such-host.invalid", password }) },
      }),
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
      async ({ tlsUrl }) => ({
        options: { amqpUrl: urlOf(tlsUrl, { password }).replace(/^amqps:/, "amqp:") },
      }),
      { code: "TRANSPORT_TLS", permanent: true, message: /the port speaks TLS\. Use amqps:\/\// },
    ],
    [
      "a certificate that nobody trusted has signed",
      async ({ tlsUrl }) => ({ options: { amqpUrl: urlOf(tlsUrl, { password }) } }),
      { code: "TRANSPORT_TLS", permanent: true, message: /certificate.*Check the certificates: tls\.ca/i },
    ],
  ];

const events = [0, 1, 2].map((step) => ({ eventType: "step", data: { step, text: "data-s3cret" } }));
const pace = { flushTimeout: 20, circuitBreaker: false } as const;

describe.each(brokersForTests())(
  "on RabbitMQ $version",
  { skip: brokersForTests().some(({ owned }) => !owned) },
  (broker) => {
    it.each(faults)(
      "%s is said with what to do, and no event is lost by it",
      async (_, arrange, { message, ...expected }) => {
        const fault = await arrange(broker, `bad-${randomUUID()}`);
        const warnings: unknown[] = [];
        const warned = (warning: Error) => warnings.push(warning);
        process.on("warning", warned);
        const { lines, logger } = keeper();
        const failures: Failure[] = [];
        const onFailure = (failure: Failure) => failures.push(failure);
        const sink = new RabbitMQSink({
          ...pace,
          ...(fault.mend ? {} : { flushTimeout: 0.5 }),
          logger,
          onFailure,
          ...fault.options,
        });
        try {
          for (const event of events) expect(sink.handleEvent(event)).toBe(true);
          const started = await sink.start().catch((error: unknown) => error);
          if (expected.permanent) {
            expect(started).toBeInstanceOf(TransportError);
            expect(started).toMatchObject({ ...expected, message: expect.stringMatching(message) });
          } else {
            expect(started).toBeUndefined();
          }
          const health = sink.health();
          expect(health).toMatchObject({
            status: "degraded",
            connectionsOpen: 0,
            pending: 3,
            lastError: { code: expected.code, message: expect.stringMatching(message) },
          });
          expect(lines.join("\n")).toMatch(message);

          await fault.mend?.();
          if (fault.arrived !== undefined) {
            expect(await sink.flush()).toMatchObject({ sent: 3, failed: 0, pending: 0 });
            expect(sink.health()).toMatchObject({ status: "up", pending: 0 });
            expect("lastError" in sink.health()).toBe(false);
            expect(await sink.stop()).toMatchObject({ failed: 0, pending: 0 });
            expect(await fault.arrived()).toBe(3);
            expect(failures).toEqual([]);
          } else {
            expect(await sink.stop()).toMatchObject({
              failed: 3,
              failures: { UNSENT_AT_STOP: 3 },
              pending: 0,
            });
            expect(failures.map(({ code, event }) => [code, event.data.step])).toEqual(
              [0, 1, 2].map((step) => ["UNSENT_AT_STOP", step]),
            );
          }
          const said = {
            started,
            health,
            lines,
            warnings,
            failures: failures.map(({ error }) => error),
            explained: sink.explain(),
          };
          expect(inspect(said, { depth: 12, showHidden: true, maxStringLength: null })).not.toContain(
            "s3cret",
          );
        } finally {
          await sink.stop();
          process.off("warning", warned);
          await fault.clear?.();
        }
      },
    );

    it("start() waits for a broker that is not there where waitForBroker says so", async () => {
      const [, arrange] = faults.find(([name]) => name === "a broker that is not there")!;
      const fault = await arrange(broker, `bad-${randomUUID()}`);
      const disconnections = keeper();
      const sink = new RabbitMQSink({
        ...pace,
        ...fault.options,
        waitForBroker: true,
        retryBackoffMs: 10,
        logger: disconnections.logger,
      });
      let started = false;
      const starting = sink.start().then(() => {
        started = true;
      });
      await vi.waitFor(() => expect(disconnections.lines.length).toBeGreaterThan(3), 20_000);
      expect(started).toBe(false);
      await fault.mend!();
      await starting;
      expect(sink.health().status).toBe("up");
      await sink.stop();
      await fault.clear!();
    });

    it("without a logger a wrong password is a warning of the process, said once and without it", async () => {
      const fault = await wrongPassword(broker, `bad-${randomUUID()}`);
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const sink = new RabbitMQSink({ ...pace, ...fault.options, maxRetryBackoffMs: 10, retryBackoffMs: 1 });
      await expect(sink.start()).rejects.toMatchObject({ kind: "auth" });
      await expect(sink.start()).rejects.toMatchObject({ kind: "auth" });
      await sink.stop();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn).toHaveBeenCalledWith(
        expect.stringMatching(/cannot connect.*Check the user name/),
        "StreamllWarning",
      );
      expect(inspect(warn.mock.calls)).not.toContain("s3cret");
      warn.mockRestore();
      await fault.clear!();
    });
  },
);
