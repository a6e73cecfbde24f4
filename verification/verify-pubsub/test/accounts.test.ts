import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";

const fake = await startFakePubSub({ auth: true, tls: true, topics: ["dspy-events-topic"] });
const account = fake.account();
const folder = await mkdtemp(join(tmpdir(), "pubsub-"));
const file = join(folder, "key.json");
await writeFile(file, JSON.stringify(account));
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const place: RabbitMQSinkOptions = {
  amqpUrl: `pubsub://${fake.project}`,
  exchange: "dspy-events-topic",
  pubsubEndpoint: fake.host,
  tls: { ca: fake.ca! },
};

const stored = () => fake.stored("dspy-events-topic").length;

/** Sends one event, and gives what the sink said of it. */
async function send(options: RabbitMQSinkOptions) {
  await using sink = new RabbitMQSink({ ...place, ...options });
  await sink.start();
  return sink.publish({ event_type: "start", operation: "search" });
}

describe("the service takes an event of one who signs in by", () => {
  it.each<[string, RabbitMQSinkOptions]>([
    [
      "the guide's own URL and options",
      {
        amqpUrl: `amqps://${fake.project}.pubsub-amqp.googleapis.com:5671`,
        exchange: "dspy-events-topic",
        routingKey: "",
        username: account.client_email,
        password: account.private_key,
        batchSize: 100,
        publisherConfirms: true,
        ssl: true,
        connectionTimeout: 30,
      },
    ],
    [
      "account and key with its line feeds written as \\n",
      {
        username: account.client_email,
        password: account.private_key.replaceAll("\n", "\\n"),
      },
    ],
    ["the whole file as password", { password: JSON.stringify(account) }],
    ["the file of a key", { serviceAccountKey: file }],
    ["the text of that file", { serviceAccountKey: JSON.stringify(account) }],
    ["the object in it", { serviceAccountKey: account }],
    [
      "a function that gives account and key",
      { credentials: () => ({ username: account.client_email, password: account.private_key }) },
    ],
    ["a function that gives a token", { credentials: async () => ({ password: fake.accounts.issue() }) }],
  ])("%s", async (_, options) => {
    const before = stored();
    expect(await send(options)).toMatchObject({ confirmed: true, attempts: 1 });
    expect(stored()).toBe(before + 1);
  });

  it("the credentials of the environment, by google-auth-library", async () => {
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", file);
    expect(await send({})).toMatchObject({ confirmed: true });
  });
});

describe("a token", () => {
  it("is one for all connections and all events, and replaced where the service took it for bad", async () => {
    await using sink = new RabbitMQSink({ ...place, serviceAccountKey: account, connectionPoolSize: 3 });
    const before = fake.accounts.seen.length;
    await sink.start();
    await sink.publish({ event_type: "start", operation: "search" });
    await sink.publish({ event_type: "end", operation: "search" });
    expect(fake.accounts.seen.length - before).toBeLessThanOrEqual(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1000 });
    try {
      fake.accounts.revokeSeen();
      expect(await sink.publish({ event_type: "end", operation: "search" })).toMatchObject({ attempts: 1 });
    } finally {
      vi.useRealTimers();
    }
  });

  it("of a key that the service does not know is an error of start(), and shows no key", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const options = { username: account.client_email, password: privateKey };
    const error = await send(options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "TRANSPORT_AUTH", permanent: true });
    expect(String(error)).toContain("Check account and key, and the clock of this machine");
    expect(String(error)).not.toContain("PRIVATE KEY");
  });

  it("whose function gives what is no token is an error that says so", async () => {
    const credentials = () => ({ password: "two words\r\nx: y" });
    await expect(send({ credentials })).rejects.toThrow("neither a private key nor an access token");
  });

  it.each<[string, RabbitMQSinkOptions, RegExp]>([
    [
      "whose function throws",
      {
        credentials: () => {
          throw new Error("the vault is sealed");
        },
      },
      /the credentials function threw/,
    ],
    [
      "that nobody gives",
      {},
      /no credentials: .*Give username and password, or serviceAccountKey; or set GOOGLE_APPLICATION_CREDENTIALS/s,
    ],
  ])("%s is asked for again, and health says what is wrong", async (_, options, text) => {
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", join(folder, "missing.json"));
    const sink = new RabbitMQSink({ ...place, ...options });
    await sink.start();
    await expect.poll(() => sink.health().lastError?.message, { timeout: 20_000 }).toMatch(text);
    await sink.stop();
  });
});
