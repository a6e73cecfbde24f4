import { createPrivateKey, randomUUID } from "node:crypto";
import { createServer, type TlsOptions } from "node:tls";
import { inspect } from "node:util";
import {
  brokersForTests,
  type Certificates,
  certificates,
  freePort,
  type OwnBroker,
  startBroker,
} from "@streamll/brokers";
import type { Endpoint, TransportTlsOptions } from "@streamll/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amqp091Transport } from "../src/index.js";
import { parse } from "./support/endpoint.js";
import { open, publish, scratch } from "./support/lane.js";
import { listed } from "./support/live.js";
import { message, options } from "./support/message.js";
import { sniProxy } from "./support/sni.js";

const refused = (endpoint: Endpoint, tls: TransportTlsOptions) =>
  amqp091Transport
    .create(options({ tls }))
    .connect(endpoint, { index: 0 }, new AbortController().signal)
    .then(
      () => expect.unreachable("connected"),
      (error) => error,
    );

describe.each(brokersForTests())(
  "mutual TLS with RabbitMQ $generation",
  { skip: !brokersForTests().every(({ owned }) => owned) },
  ({ generation }) => {
    let broker: OwnBroker;
    let authority: Certificates;
    let endpoint: Endpoint;
    const clientOf = async (commonName: string, like = authority) => {
      const { "cert.pem": cert, "key.pem": key } = await certificates({ commonName, like });
      return { ca: authority["ca.pem"], cert, key };
    };

    beforeAll(async () => {
      authority = await certificates();
      const config = { "ssl_options.fail_if_no_peer_cert": true, ssl_cert_login_from: "common_name" };
      broker = await startBroker({ generation, config, files: authority });
      const { username: _, password: __, ...bare } = parse(broker.tlsUrl);
      endpoint = bare;
      for (const [user, credentials] of [
        ["anna", { password_hash: "" }],
        ["bea", { password: "bea's" }],
      ] as const) {
        await broker.manage("PUT", `users/${user}`, { ...credentials, tags: "" });
        await broker.manage("PUT", `permissions/%2F/${user}`, { configure: ".*", write: ".*", read: ".*" });
      }
    }, 120_000);
    afterAll(() => broker?.close());

    /** Who is connected, and how he logged in. */
    const login = async (connectionName: string) => {
      const { user, auth_mechanism } = await listed(broker, connectionName);
      return `${user} ${auth_mechanism}`;
    };

    it("takes the user from the certificate where neither user nor password is given", async () => {
      const connectionName = `app@${randomUUID()}`;
      await using bench = await scratch(parse(broker.url));
      await using lane = await open(endpoint, {
        ...bench.own,
        tls: await clientOf("anna"),
        connectionName,
      });
      expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
      expect(await login(connectionName)).toBe("anna EXTERNAL");
      await bench.drain(1);
    });

    it("takes user and password where they are given, and shows neither key nor password", async () => {
      const connectionName = `app@${randomUUID()}`;
      const bea = { ...endpoint, username: "bea", password: "bea's" };
      const tls = await clientOf("anna");
      const transport = amqp091Transport.create(options({ tls, connectionName }));
      const connection = await transport.connect(bea, { index: 0 }, new AbortController().signal);
      expect(await login(connectionName)).toBe("bea PLAIN");
      const seen = inspect([transport, connection], { depth: null, showHidden: true, maxStringLength: null });
      expect(seen).not.toContain("bea's");
      expect(seen).not.toContain(tls.key.split("\n")[1]!.slice(0, 40));
      await connection.close(AbortSignal.timeout(5000));
    });

    it("opens a key that has a passphrase, and says so where it is wrong, without showing it", async () => {
      const { key, ...tls } = await clientOf("anna");
      const passphrase = "s3cr3t-phrase";
      const locked = createPrivateKey(key)
        .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase })
        .toString();
      {
        await using _lane = await open(endpoint, { tls: { ...tls, key: locked, passphrase } });
      }
      for (const wrong of [{ passphrase: "wr0ng-phrase" }, {}]) {
        const error = await refused(endpoint, { ...tls, key: locked, ...wrong });
        expect(error).toMatchObject({
          kind: "tls",
          permanent: true,
          message: expect.stringContaining("tls.passphrase"),
        });
        expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("wr0ng-phrase");
      }
    });

    it("asks for a certificate where none is given", async () => {
      expect(await refused(endpoint, { ca: authority["ca.pem"] })).toMatchObject({
        kind: "tls",
        permanent: true,
        message: expect.stringContaining("asks for a certificate of yours: set tls.cert and tls.key"),
      });
    });

    it("is refused with a certificate of another authority", async () => {
      expect(await refused(endpoint, await clientOf("anna", await certificates()))).toMatchObject({
        kind: "tls",
        permanent: true,
      });
    });

    it("is refused for good with a certificate that names no user", async () => {
      expect(await refused(endpoint, await clientOf("nobody"))).toMatchObject({
        kind: "auth",
        permanent: true,
        message: expect.stringMatching(
          /EXTERNAL.*The broker has no user that is named as the certificate says/,
        ),
      });
    });

    it("tells of an unknown virtual host in the broker's words", async () => {
      expect(await refused({ ...endpoint, path: "nope" }, await clientOf("anna"))).toMatchObject({
        kind: "not-found",
        message: expect.stringContaining("vhost nope not found"),
      });
    });
  },
);

describe("TLS", () => {
  const endpoint = (port: number): Endpoint => parse(`amqps://guest:guest@localhost:${port}/`);

  it.each<[string, TlsOptions, TransportTlsOptions]>([
    ["older than 1.2", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" }, {}],
    ["older than minVersion", { maxVersion: "TLSv1.2" }, { minVersion: "TLSv1.3" }],
  ])("%s is refused", async (_, versions, tls) => {
    const files = await certificates();
    const server = createServer({ cert: files["cert.pem"], key: files["key.pem"], ...versions });
    server.on("tlsClientError", () => {});
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const error = await refused(endpoint(port), { ca: files["ca.pem"], ...tls });
    server.close();
    expect(error).toMatchObject({ kind: "tls", permanent: true });
  });

  it.each(brokersForTests())(
    "names the host (SNI), or what tls.servername says: RabbitMQ $generation",
    async ({ url }) => {
      const files = await certificates({ hosts: ["localhost", "other.example"] });
      await using proxy = await sniProxy(parse(url), files);
      const tls = { ca: files["ca.pem"] };
      {
        await using _lane = await open(endpoint(proxy.port), { tls });
        await using _other = await open(endpoint(proxy.port), {
          tls: { ...tls, servername: "other.example" },
        });
      }
      expect(proxy.names).toEqual(["localhost", "other.example"]);
      // Asked a second time why, the broker is named too.
      expect(await refused({ ...endpoint(proxy.port), path: "nope" }, tls)).toMatchObject({
        kind: "not-found",
      });
      expect(proxy.names.slice(2)).toEqual(["localhost", "localhost"]);
    },
  );
});
