import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakePubSub, startFakePubSub } from "@streamll/fake-pubsub";
import { type FakeServiceBus, startFakeServiceBus } from "@streamll/fake-service-bus";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Spawned } from "./support/spawned.js";
import {
  CLIENT_ID,
  startMetadataServer,
  startTokenService,
  type TokenService,
} from "./support/token-service.js";

vi.setConfig({ testTimeout: 60_000 });

const EVENT = '{"event_type":"step","event_id":"id-1","data":{}}\n';

interface Login {
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Nobody may see these. */
  readonly secrets?: readonly string[];
}

/** A login of which nothing is left to the machine's own. */
const nobody: NodeJS.ProcessEnv = {
  ...{ HOME: tmpdir(), AZURE_CLIENT_SECRET: "", GOOGLE_APPLICATION_CREDENTIALS: "", RABBITMQ_PASSWORD: "" },
};

function run(args: readonly string[], { flags = [], env = {} }: Login): Spawned {
  const started = new Spawned([...args, ...flags], { ...nobody, ...env });
  running.push(started);
  return started;
}

const running: Spawned[] = [];
afterEach(() => {
  for (const { process } of running.splice(0)) process.kill("SIGKILL");
});

async function works(args: readonly string[], login: Login, input = ""): Promise<string> {
  const started = run(args, login);
  expect([await started.fed(input), started.stderr]).toEqual([0, expect.any(String)]);
  return started.stdout;
}

async function fails(args: readonly string[], login: Login, says: RegExp): Promise<void> {
  const started = run(args, login);
  expect([await started.fed(""), started.stdout]).toEqual([1, ""]);
  expect(started.said).toEqual([expect.stringMatching(says)]);
  // No line break of a library's is left in it.
  expect(started.stderr).not.toContain("\\u00");
  for (const secret of login.secrets ?? []) expect(started.stderr).not.toContain(secret);
}

let folder: string;
const file = async (name: string, content: string): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "streamll-clouds-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the commands log in to Azure Service Bus", () => {
  const key = "c2VjcmV0+k/y=";
  let bus: FakeServiceBus;
  let entra: TokenService;
  let metadata: Awaited<ReturnType<typeof startMetadataServer>>;
  let place: string[];
  let caOfEntra: string;
  let signature: string;

  beforeAll(async () => {
    bus = await startFakeServiceBus({ entities: ["events"], keys: { team: key }, tls: true });
    entra = await startTokenService((seconds) => bus.entraToken(seconds * 1000));
    metadata = await startMetadataServer(() => bus.entraToken(600_000));
    place = ["--url", `sb://localhost:${bus.port}`, "--tls-ca", await file("bus.pem", bus.ca!)];
    caOfEntra = await file("entra.pem", entra.ca);
    await works(["pipe", ...place, "--exchange=", "--routing-key", "events"], byKey(), EVENT);
    signature = bus.tokens[0]!.token;
  });
  afterAll(() =>
    Promise.all([bus?.close(), entra?.[Symbol.asyncDispose](), metadata?.[Symbol.asyncDispose]()]),
  );

  const byKey = (password = key): Login => ({
    flags: ["--username", "team"],
    env: { RABBITMQ_PASSWORD: password },
    secrets: [password],
  });
  const byClientSecret = (secret = entra.secret): Login => ({
    flags: ["--auth-provider", "azure_managed_identity"],
    env: {
      // Of this one name Microsoft's library asks the authority itself, and not the Internet.
      AZURE_TENANT_ID: "adfs",
      AZURE_CLIENT_ID: CLIENT_ID,
      AZURE_CLIENT_SECRET: secret,
      AZURE_AUTHORITY_HOST: entra.url,
      NODE_EXTRA_CA_CERTS: caOfEntra,
    },
    secrets: [secret],
  });
  const byManagedIdentity = (header = "header"): Login => ({
    flags: ["--auth-provider", "azure_managed_identity"],
    env: { IDENTITY_ENDPOINT: `http://${metadata.host}/token`, IDENTITY_HEADER: header },
    secrets: [header],
  });
  const bySignature = (token = signature): Login => ({
    flags: ["--credentials", "printenv SIGNATURE"],
    env: { SIGNATURE: token },
    secrets: [token],
  });

  const logins = {
    "a key": byKey,
    "a signature that a command prints": () => bySignature(),
    "the secret of a client": byClientSecret,
    "a managed identity": byManagedIdentity,
  };
  it.each(Object.entries(logins))("by %s: tail, consume and dlq", async (_, login) => {
    const tail = ["tail", ...place, "--exchange", "events", "--from", "first", "--json", "-n", "1"];
    expect(await works(tail, login())).toContain('"id-1"');
    const list = ["dlq", "list", ...place, "--dead-letter-queue", "events", "--json"];
    expect(JSON.parse(await works(list, login()))).toMatchObject({ matched: 0 });
    expect(await works(["consume", "events", ...place, "--limit", "1"], login())).toContain('"id-1"');
    await works(["pipe", ...place, "--exchange=", "--routing-key", "events"], login(), EVENT);
  });

  it("by a connection string with a signature, in the environment", async () => {
    const endpoint = `Endpoint=sb://localhost:${bus.port}/;EntityPath=events`;
    const login = (token: string): Login => ({
      flags: ["--tls-ca", join(folder, "bus.pem")],
      env: { AZURE_SERVICEBUS_CONNECTION_STRING: `${endpoint};SharedAccessSignature=${token}` },
      secrets: [token],
    });
    const list = ["dlq", "list", "--dead-letter-queue", "events"];
    await works(list, login(signature));
    await fails(
      list,
      login(signature.replace(/se=\d+/, "se=1")),
      /the SharedAccessSignature expired at 1970/,
    );
  });

  const commands: Readonly<Record<string, () => string[]>> = {
    tail: () => ["tail", ...place, "--exchange", "events"],
    consume: () => ["consume", "events", ...place],
    dlq: () => ["dlq", "list", ...place, "--dead-letter-queue", "events"],
  };
  const wrong: readonly [string, () => Login, RegExp][] = [
    ["a wrong key", () => byKey("wrong-key"), /InvalidSignature/],
    [
      "a changed signature",
      () => bySignature(signature.replace(/se=\d+/, "se=99999999999")),
      /InvalidSignature/,
    ],
    ["a wrong secret of a client", () => byClientSecret("wrong-secret"), /Invalid client secret/],
    ["an identity that the machine does not have", () => byManagedIdentity("wrong-header"), /gave no token/],
  ];
  it.each(
    wrong.flatMap(([what, login, says]) =>
      Object.keys(commands).map((command) => ({ what, command, login, says })),
    ),
  )("$what ends $command with one line", ({ command, login, says }) =>
    fails(commands[command]!(), login(), says),
  );
});

describe("consume logs in to Google Cloud Pub/Sub", () => {
  let fake: FakePubSub;
  let sts: TokenService;
  let metadata: Awaited<ReturnType<typeof startMetadataServer>>;
  let place: string[];
  let account: ReturnType<FakePubSub["account"]>;
  let caOfSts: string;

  beforeAll(async () => {
    fake = await startFakePubSub({
      auth: true,
      tls: true,
      topics: ["events"],
      subscriptions: { reader: "events" },
    });
    account = fake.account();
    sts = await startTokenService((seconds) => fake.accounts.issue(seconds));
    metadata = await startMetadataServer(() => fake.accounts.issue());
    caOfSts = await file("sts.pem", sts.ca);
    place = ["--url", `pubsub://${fake.project}`, "--pubsub-endpoint", fake.host];
    place.push("--tls-ca", await file("pubsub.pem", fake.ca!));
  });
  afterAll(() =>
    Promise.all([
      fake?.[Symbol.asyncDispose](),
      sts?.[Symbol.asyncDispose](),
      metadata?.[Symbol.asyncDispose](),
    ]),
  );

  const inFile = (key: object) => file("account.json", JSON.stringify(key));
  /** As a workload identity federation has it: what a program has from elsewhere is exchanged for a token. */
  const federated = async (secret = sts.secret): Promise<Login> => ({
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: await inFile({
        type: "external_account",
        audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_url: `${sts.url}/token`,
        credential_source: { file: await file("subject", secret) },
      }),
      NODE_EXTRA_CA_CERTS: caOfSts,
    },
    secrets: [secret],
  });
  const byMetadata = async (): Promise<Login> => ({
    env: { GCE_METADATA_HOST: metadata.host, METADATA_SERVER_DETECTION: "assume-present" },
  });
  const logins: Readonly<Record<string, (key?: typeof account) => Promise<Login>>> = {
    "the file of a key": async (key = account) => ({
      flags: ["--service-account-key", await inFile(key)],
      secrets: [key.private_key],
    }),
    "account and key in the environment": async (key = account) => ({
      env: { RABBITMQ_USERNAME: key.client_email, RABBITMQ_PASSWORD: key.private_key },
      secrets: [key.private_key],
    }),
    GOOGLE_APPLICATION_CREDENTIALS: async (key = account) => ({
      env: { GOOGLE_APPLICATION_CREDENTIALS: await inFile(key) },
      secrets: [key.private_key],
    }),
  };
  const others: Readonly<Record<string, () => Promise<Login>>> = {
    "a token that a command prints": async () => ({
      flags: ["--credentials", "printenv TOKEN"],
      env: { TOKEN: fake.accounts.issue() },
    }),
    "workload identity federation": federated,
    "the metadata server": byMetadata,
  };
  it.each(Object.entries({ ...logins, ...others }))("by %s", async (_, login) => {
    await works(["pipe", ...place, "--exchange", "events"], await login(), EVENT);
    expect(await works(["consume", "reader", ...place, "--limit", "1"], await login())).toContain('"id-1"');
  });

  const wrong: Readonly<Record<string, readonly [() => Promise<Login>, RegExp]>> = {
    ...Object.fromEntries(
      Object.entries(logins).map(([what, login]) => {
        const { privateKey } = generateKeyPairSync("rsa", {
          modulusLength: 2048,
          privateKeyEncoding: { type: "pkcs8", format: "pem" },
          publicKeyEncoding: { type: "spki", format: "pem" },
        });
        const forged = () => login({ ...account, private_key: privateKey });
        return [
          `${what}, of a key that the service does not know`,
          [forged, /signature of the token is wrong/] as const,
        ];
      }),
    ),
    "a token that nobody issued": [
      async () => ({
        flags: ["--credentials", "printenv TOKEN"],
        env: { TOKEN: "ya29.wrong" },
        secrets: ["ya29.wrong"],
      }),
      /not known|cannot be read/,
    ],
    "a federation that refuses": [() => federated("wrong-secret"), /invalid_client/],
    "no metadata server": [
      async () => ({
        env: { GCE_METADATA_HOST: "127.0.0.1:1", METADATA_SERVER_DETECTION: "assume-present" },
      }),
      /no credentials/,
    ],
  };
  it.each(Object.entries(wrong))("%s: one line", async (_, [login, says]) =>
    fails(["consume", "reader", ...place], await login(), says),
  );
});
