import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { startFakeServiceBus } from "../src/index.js";
import { clientOf } from "./support/client.js";

// Each takes a fraction of a second where nothing else runs.
vi.setConfig({ testTimeout: 30_000 });

const overWebSocket = (options: object) => ({
  webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: options },
});

it("speaks TLS with its own authority, and a client that does not know it stays away", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], tls: true });
  const folder = await mkdtemp(join(tmpdir(), "fake-service-bus-"));
  try {
    const ca = join(folder, "ca.pem");
    await writeFile(ca, bus.ca!);
    expect(await send(bus.connectionString, { NODE_EXTRA_CA_CERTS: ca })).toBe("sent");
  } finally {
    await rm(folder, { recursive: true });
  }
  expect(bus.received("events")).toHaveLength(1);
  const [error] = await once(connect({ port: bus.port, servername: bus.host }), "error");
  expect(String(error)).toMatch(/certificate/);
});

it("speaks AMQP over WebSockets on the same port", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], tls: true });
  await using client = clientOf(bus.connectionString, overWebSocket({ ca: bus.ca }));
  await client.createSender("events").sendMessages({ body: "x".repeat(200_000), messageId: "m1" });
  const receiver = client.createReceiver("events");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  expect(message?.body).toHaveLength(200_000);
  await receiver.completeMessage(message!);
  expect(bus.protocolErrors).toEqual([]);
});

it("ends with clients that are silent, or in the middle of a handshake", async () => {
  for (const tls of [false, true]) {
    const bus = await startFakeServiceBus({ tls });
    const client = connectTcp(bus.port);
    client.on("error", () => {});
    await once(client, "connect");
    const ended = once(client, "close");
    await Promise.all([bus.close(), ended]);
  }
});

it.each([
  ["another path", "/", ["AMQPWSB10"]],
  ["no subprotocol", "/$servicebus/websocket", []],
])("takes no WebSocket with %s", async (_, path, protocols) => {
  await using bus = await startFakeServiceBus();
  const socket = new WebSocket(new URL(path, bus.webSocketUrl), protocols);
  const [error] = await once(socket, "error");
  expect(String(error)).toMatch(/404|400/);
});

/** Has a program of its own send a message with Microsoft's client; resolves with what it says. */
async function send(connectionString: string, env: NodeJS.ProcessEnv): Promise<string> {
  const program = fileURLToPath(new URL("support/send.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, connectionString], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (text) => {
    said += text;
  });
  await once(child, "close");
  return said;
}
