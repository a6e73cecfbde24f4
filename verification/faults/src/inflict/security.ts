import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Certificates,
  certificates,
  type Extras,
  freePort,
  type OwnBroker,
  startBroker,
  until,
} from "@streamll/brokers";
import { connect } from "amqplib";
import type { Bench } from "../bench.js";
import { TOKEN_MS, type Token, tokenFrom } from "../token.js";

/** Every way in which a certificate can be wrong, and in the end a good one that is not the first. */
export async function badCertificates(bench: Bench): Promise<void> {
  const first = await certificates();
  const streamPort = await freePort();
  const config = { "stream.listeners.ssl.1": `127.0.0.1:${streamPort}` };
  const broker = await ownBroker(bench, { files: first, config });
  const tlsUrl = bench.over === "streams" ? `rabbitmq-stream+tls://localhost:${streamPort}/` : broker.tlsUrl;
  const show = async (next: Certificates) => {
    for (const name of ["cert.pem", "key.pem"] as const) writeFileSync(join(broker.folder, name), next[name]);
    await broker.ctl("eval", "ssl:clear_pem_cache().");
  };
  bench.proxy.pointAt(tlsUrl);
  bench.options = { ...bench.options, amqpUrl: bench.proxy.url, tls: { ca: first["ca.pem"] } };
  await bench.underLoad();

  const rotated = await certificates({ like: first });
  await bench.inflict(() => show(rotated));
  await bench.sent();
  if (bench.losses > 0) throw new Error("a new certificate cost a connection that was there");
  bench.proxy.reset();
  await bench.said(/disconnected/);
  await bench.sent();
  const wrong: [Certificates, RegExp][] = [
    [
      await certificates({
        like: first,
        notBefore: new Date("2020-01-01"),
        notAfter: new Date("2020-02-01"),
      }),
      /TRANSPORT_TLS: .*expired/,
    ],
    [
      await certificates({ like: first, hosts: ["elsewhere.example"] }),
      /TRANSPORT_TLS: .*elsewhere\.example/,
    ],
    [await certificates(), /TRANSPORT_TLS: .*(unable to verify|signature)/],
  ];
  for (const [certificate, words] of wrong) {
    await show(certificate);
    bench.proxy.reset();
    await bench.said(words);
  }
  await bench.mend(() => show(first));
}

/** For longer than two tokens live; one that nobody renews shows that the broker ends what has expired. */
export async function tokensExpire(bench: Bench): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const broker = await ownBroker(bench, {
    plugins: ["rabbitmq_auth_backend_oauth2"],
    config: {
      "auth_backends.1": "rabbit_auth_backend_oauth2",
      "auth_backends.2": "internal",
      "auth_oauth2.resource_server_id": "streamll",
      "auth_oauth2.signing_keys.bench": "/mnt/oauth.pem",
      "auth_oauth2.default_key": "bench",
    },
    files: { "oauth.pem": publicKey },
  });
  // How long it goes on with a right that it has looked up once, in milliseconds. Usual is a minute.
  await broker.ctl("eval", "application:set_env(rabbit, channel_tick_interval, 1000).");
  bench.environment.FAULTS_TOKEN_KEY = privateKey;
  bench.proxy.pointAt(broker.url);
  bench.options = { ...bench.options, amqpUrl: bench.proxy.url };
  await bench.underLoad();
  await bench.inflict(() => refusedOnceExpired(broker, tokenFrom(privateKey)));
  const twoLives = bench.faultAt + 2 * TOKEN_MS;
  await bench.until(() => performance.now() > twoLives, "two tokens to have expired");
  await bench.sent();
}

async function refusedOnceExpired(broker: OwnBroker, { password }: Token): Promise<void> {
  const { hostname, port } = new URL(broker.url);
  const connection = await connect({ hostname, port: Number(port), username: "", password });
  const channel = await connection.createChannel();
  const ended: unknown[] = [];
  for (const one of [connection, channel]) one.on("error", (error) => ended.push(error));
  await until(() => {
    if (ended.length === 0) channel.publish("", "nowhere", Buffer.alloc(0));
    return ended.length > 0;
  }, "the broker to end what has expired");
  await connection.close().catch(() => {});
}

async function ownBroker(bench: Bench, extras: Extras): Promise<OwnBroker> {
  const broker = await startBroker({ generation: bench.broker.generation, ...extras });
  bench.cleanUp(() => broker.close());
  bench.queues.splice(0, 1, { url: broker.url, queue: bench.name });
  return broker;
}
