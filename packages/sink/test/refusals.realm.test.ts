import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { runInThisContext } from "node:vm";
import { certificates, freePort } from "@streamll/brokers";
import { describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";

// Run twice: with the classes of Node, and in a vm context, where Node's own errors are of other classes than ours.

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const azure = { amqpVersion: "1.0", routingKey: "q", sessionId: "s", username: "a", password: "b" } as const;
const transports: [name: string, scheme: string, options: RabbitMQSinkOptions][] = [
  ["amqp091", "amqp", {}],
  ["amqp10", "amqp", { amqpVersion: "1.0" }],
  ["service-bus", "amqp", azure],
  ["streams", "rabbitmq-stream", {}],
];
const encrypted: Record<string, string> = { amqp: "amqps", "rabbitmq-stream": "rabbitmq-stream+tls" };

async function started(amqpUrl: string, options: RabbitMQSinkOptions) {
  const sink = new RabbitMQSink({
    amqpUrl,
    ...options,
    logger: quiet,
    flushTimeout: 0,
    waitForBroker: false,
  });
  try {
    await sink.start();
    return { health: sink.health() };
  } catch (error) {
    return { error };
  } finally {
    await sink.stop();
  }
}

it("the realm of this run is the one that its project names", ({ task }) => {
  expect(runInThisContext("Error") === Error).toBe(task.file.projectName !== "realm");
});

describe.each(transports)("start() over %s", (_, scheme, options) => {
  it("rejects for a self-signed certificate, and says what to check", async () => {
    const { "cert.pem": cert, "key.pem": key } = await certificates();
    const server = createTlsServer({ cert, key }).on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const { error } = await started(`${encrypted[scheme]}://127.0.0.1:${port}/`, options);
      expect(error).toMatchObject({
        code: "TRANSPORT_TLS",
        permanent: true,
        message: expect.stringContaining("Check the certificates"),
      });
    } finally {
      server.close();
    }
  });

  it("goes on trying where the port is closed, and its health names the reason", async () => {
    const { health } = await started(`${scheme}://127.0.0.1:${await freePort()}/`, options);
    expect(health?.problems).toContainEqual(expect.objectContaining({ code: "TRANSPORT_UNREACHABLE" }));
  });

  it("goes on trying where no address of a name answers", async () => {
    const { health } = await started(`${scheme}://localhost:${await freePort()}/`, options);
    expect(health?.problems).toContainEqual(expect.objectContaining({ code: "TRANSPORT_UNREACHABLE" }));
  });

  it("goes on trying where the other end hangs up", async () => {
    const server = createTcpServer((socket) => socket.resetAndDestroy());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const { health } = await started(`${scheme}://127.0.0.1:${port}/`, options);
      expect(health?.problems).toContainEqual(expect.objectContaining({ code: "TRANSPORT_UNREACHABLE" }));
    } finally {
      server.close();
    }
  });
});
