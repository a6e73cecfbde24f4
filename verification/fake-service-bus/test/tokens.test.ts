import { createHmac } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import { until } from "@streamll/brokers";
import rhea from "rhea";
import { expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { type FakeServiceBus, startFakeServiceBus } from "../src/index.js";
import { clientOf, closing } from "./support/client.js";

// Each takes a fraction of a second where nothing else runs.
vi.setConfig({ testTimeout: 30_000 });

const keys = { all: "c2VjcmV0+k/y=", sender: { key: "s", rights: ["Send"] } } as const;
const withKey = ({ endpoint }: FakeServiceBus, name: string, key: string) =>
  `Endpoint=${endpoint};SharedAccessKeyName=${name};SharedAccessKey=${key};UseDevelopmentEmulator=true`;
const send = async (connectionString: string) => {
  await using client = clientOf(connectionString);
  await client.createSender("events").sendMessages({ body: "one" });
};
/** A token as the service's documentation makes it. */
const sas = (resource: string, name: string, key: string, expiry = Math.floor(Date.now() / 1000) + 60) => {
  const sr = encodeURIComponent(resource);
  const sig = createHmac("sha256", key).update(`${sr}\n${expiry}`).digest("base64");
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${expiry}&skn=${name}`;
};
const withToken = ({ endpoint }: FakeServiceBus, token: string) =>
  `Endpoint=${endpoint};SharedAccessSignature=${token};UseDevelopmentEmulator=true`;

it("takes a token that a key signed, and no other", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], keys });
  await send(withKey(bus, "all", keys.all));
  expect(bus.tokens).toMatchObject([
    { name: `${bus.endpoint}events`, type: "servicebus.windows.net:sastoken", status: 202 },
  ]);
  for (const wrong of [withKey(bus, "all", "other"), withKey(bus, "nobody", keys.all)]) {
    await expect(send(wrong)).rejects.toMatchObject({
      code: "UnauthorizedAccess",
      message: expect.stringContaining("InvalidSignature"),
    });
  }
  expect(bus.received("events")).toHaveLength(1);
});

it("lets a key do what its rights say", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], keys });
  const connectionString = withKey(bus, "sender", keys.sender.key);
  await send(connectionString);
  await using client = clientOf(connectionString);
  await expect(client.createReceiver("events").receiveMessages(1)).rejects.toThrow(/'Listen' claim/);
});

it("takes a signature that was made elsewhere, while it lives and for what it names", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events", "others"], keys });
  for (const resource of ["sb://localhost/events", "https://LOCALHOST:443/", `${bus.endpoint}events/`]) {
    await send(withToken(bus, sas(resource, "all", keys.all)));
  }
  const expired = sas("sb://localhost/events", "all", keys.all, 1);
  await expect(send(withToken(bus, expired))).rejects.toThrow(/ExpiredToken/);
  const changed = sas("sb://localhost/events", "all", keys.all).replace(/se=\d+/, "se=99999999999");
  await expect(send(withToken(bus, changed))).rejects.toThrow(/InvalidSignature/);
  await expect(send(withToken(bus, "SharedAccessSignature sr=a"))).rejects.toThrow(/MalformedToken/);
  for (const resource of ["sb://localhost/others", "sb://localhost/event", "sb://elsewhere/events"]) {
    await expect(send(withToken(bus, sas(resource, "all", keys.all)))).rejects.toThrow(/'Send' claim/);
  }
});

it("takes a token of Entra ID, from its own issuer and for its own audience", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], tls: true });
  const sendWith = async (token: string) => {
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 600_000 }) };
    await using client = closing(
      new ServiceBusClient("ns.servicebus.windows.net", credential, {
        customEndpointAddress: bus.endpoint,
        webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: bus.ca } },
        retryOptions: { maxRetries: 0 },
      }),
    );
    await client.createSender("events").sendMessages({ body: "one" });
  };
  await sendWith(bus.entraToken(60_000));
  expect(bus.tokens).toMatchObject([
    { name: "sb://ns.servicebus.windows.net/events", type: "jwt", status: 202 },
  ]);
  await expect(sendWith(`${bus.entraToken(60_000)}x`)).rejects.toThrow(/InvalidSignature/);
  await expect(sendWith(bus.entraToken(60_000, "https://storage.azure.com"))).rejects.toThrow(
    /InvalidAudience/,
  );
  await expect(sendWith(bus.entraToken(-1_000))).rejects.toThrow(/ExpiredToken/);
  expect(bus.received("events")).toHaveLength(1);
});

it("detaches what an expired token let in, unless it was renewed", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events", "others"], keys });
  const connection = rhea.create_container().connect({ port: bus.port, reconnect: false });
  connection.on("disconnected", () => {});
  const ended = new Map<string, unknown>();
  connection.on("sender_close", ({ sender }) => ended.set(sender!.target.address!, sender?.error));
  const put = tokenPutter(connection);
  await put("anything, to have the links to $cbs open");
  const soon = Math.floor(Date.now() / 1000) + 2;
  for (const entity of ["events", "others"]) {
    await put(sas(`sb://localhost/${entity}`, "all", keys.all, soon));
    connection.open_sender(entity);
  }
  await until(() => bus.links === 2, "both links");
  await put(sas("sb://localhost/others", "all", keys.all));
  await until(() => ended.size > 0, "a detach");
  expect([...ended.keys()]).toEqual(["events"]);
  expect(ended.get("events")).toMatchObject({
    condition: "amqp:unauthorized-access",
    description: expect.stringContaining("ExpiredToken"),
  });
  await until(() => bus.links === 1, "the end of the detach");
  connection.close();
});

it("lets nobody in without a token, but who logs in with a key", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], keys });
  const attach = (login: object) =>
    new Promise((resolve) => {
      const container = rhea.create_container();
      const connection = container.connect({ port: bus.port, reconnect: false, ...login });
      connection.open_sender("events");
      connection.on("sendable", () => resolve("sendable"));
      connection.on("sender_error", ({ sender }) =>
        resolve((sender!.error as { condition: string }).condition),
      );
      connection.on("connection_error", ({ error }) => resolve((error as { condition: string }).condition));
      connection.on("disconnected", () => {});
      connection.on("sendable", () => connection.close());
      connection.on("sender_error", () => connection.close());
    });
  expect(await attach({})).toBe("amqp:unauthorized-access");
  expect(await attach({ username: "all" })).toBe("amqp:unauthorized-access");
  expect(await attach({ username: "all", password: keys.all })).toBe("sendable");
  expect(await attach({ username: "all", password: "other" })).toBe("amqp:unauthorized-access");
});

it("refuses tokens on command, or does not answer", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  bus.faults.failCbs();
  await expect(send(bus.connectionString)).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  bus.faults.failCbs({ status: 503, condition: "com.microsoft:server-busy", description: "busy" });
  await expect(send(bus.connectionString)).rejects.toMatchObject({ code: "ServiceBusy" });
  bus.faults.failCbs({ status: "silence" });
  await using client = clientOf(bus.connectionString);
  const patience = new AbortController();
  const sending = client
    .createSender("events")
    .sendMessages({ body: "one" }, { abortSignal: patience.signal });
  await until(() => bus.tokens.length === 3, "the request");
  patience.abort();
  await expect(sending).rejects.toThrow(/abort/);
  await send(bus.connectionString);
  expect(bus.tokens.map(({ status }) => status)).toEqual([401, 503, 0, 202]);
});

/** Puts tokens over the connection's $cbs; resolves when the answer has come. */
function tokenPutter(connection: rhea.Connection): (token: string) => Promise<void> {
  const requests = connection.open_sender("$cbs");
  const answers = connection.open_receiver({ source: "$cbs", name: "answers" });
  let answered = 0;
  answers.on("message", () => answered++);
  let asked = 0;
  return async (token) => {
    const wanted = ++asked;
    await until(() => requests.sendable(), "credit of $cbs");
    requests.send({
      body: token,
      message_id: wanted,
      reply_to: "answers",
      application_properties: {
        operation: "put-token",
        name: "any",
        type: "servicebus.windows.net:sastoken",
      },
    });
    await until(() => answered === wanted, "the answer of $cbs");
  };
}
