import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  brokersForTests,
  type Certificates,
  certificates,
  connectionsOf,
  freePort,
  type OwnBroker,
  startBroker,
} from "@streamll/brokers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { command } from "./support/shell.js";
import { event, idsIn } from "./support/steps.js";

const patient = { timeout: 40_000, interval: 50 };

// How each transport logs in is tested there; here, that the commands pass it on.
describe.each(brokersForTests().slice(-1))(
  "the commands that read log in to RabbitMQ $version",
  { skip: !brokersForTests().every(({ owned }) => owned) },
  ({ generation }) => {
    let broker: OwnBroker;
    let authority: Certificates;
    let folder: string;
    let streamPort: number;
    const path = (name: string) => join(folder, name);

    beforeAll(async () => {
      authority = await certificates();
      streamPort = await freePort();
      const config = {
        "ssl_options.fail_if_no_peer_cert": true,
        ssl_cert_login_from: "common_name",
        "stream.listeners.ssl.1": `127.0.0.1:${streamPort}`,
        "stream.advertised_tls_port": streamPort,
      };
      broker = await startBroker({ generation, config, files: authority });
      for (const user of ["anna", "bea"]) {
        await broker.manage("PUT", `users/${user}`, { password: "pw", tags: "" });
        await broker.manage("PUT", `permissions/%2F/${user}`, { configure: ".*", write: ".*", read: ".*" });
      }
      folder = await mkdtemp(join(tmpdir(), "streamll-logins-"));
      const anna = await certificates({ commonName: "anna", like: authority });
      await writeFile(path("ca.pem"), authority["ca.pem"]);
      await writeFile(path("cert.pem"), anna["cert.pem"]);
      await writeFile(path("key.pem"), anna["key.pem"]);
    }, 120_000);
    afterAll(async () => {
      await broker?.close();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    const byCertificate = () => [
      ...["--tls-ca", path("ca.pem"), "--tls-cert", path("cert.pem"), "--tls-key", path("key.pem")],
    ];
    const logins: Readonly<
      Record<string, { readonly flags: () => string[]; readonly seen: readonly [string, RegExp] }>
    > = {
      certificate: { flags: byCertificate, seen: ["anna", /EXTERNAL/] },
      "user and password beside a certificate": {
        flags: () => [...byCertificate(), "--username", "bea", "--password", "pw"],
        seen: ["bea", /PLAIN/],
      },
    };
    const places = {
      "AMQP 0-9-1": () => ["--url", `amqps://localhost:${new URL(broker.tlsUrl).port}/`],
      "AMQP 1.0": () => [
        ...["--url", `amqps://localhost:${new URL(broker.tlsUrl).port}/`],
        ...["--amqp-version", "1.0"],
      ],
    };
    const cases = Object.keys(places).flatMap((over) =>
      Object.keys(logins).map((login) => ({
        over: over as keyof typeof places,
        login,
      })),
    );
    const isConnected = async (user: string, mechanism: RegExp, count = 1) =>
      expect
        .poll(
          async () =>
            (await connectionsOf(broker)).filter(
              (one) => one.user === user && mechanism.test(String(one.auth_mechanism)),
            ).length,
          patient,
        )
        .toBeGreaterThanOrEqual(count);

    it.each(cases)("by $login over $over: tail, consume and dlq", async ({ over, login }) => {
      const name = `logins-${randomUUID()}`;
      const { flags, seen } = logins[login]!;
      const common = [...places[over](), ...flags()];
      const dead = ["--dead-letter-exchange", `${name}-dead`];
      const pipe = async (...steps: number[]) => {
        const run = command(["pipe", ...common, "--exchange", name], { stdin: steps.map(event) });
        expect([await run.code, run.stderr.text]).toEqual([0, expect.any(String)]);
      };
      await pipe(0);
      const tail = command(["tail", ...common, "--exchange", name, "--json", "-n", "2"]);
      onTestFinished(() => tail.interrupt());
      await expect.poll(() => tail.stderr.text, patient).toContain(`tailing ${name}`);
      await isConnected(...seen);
      await pipe(1, 2);
      expect([await tail.code, idsIn(tail.stdout.text)]).toEqual([0, ["id-1", "id-2"]]);

      const killing = command([
        ...["consume", name, ...common, ...dead, "--declare-topology", "none"],
        ...["--exec", "sed -u 's/.*/dead NO_PRICE/'"],
      ]);
      onTestFinished(() => killing.interrupt());
      // There is no exchange for dead letters yet: a consumer of them declares it.
      const letters = `${name}-dead.failed`;
      const reading = command([
        ...["consume", letters, ...common, "--exchange", `${name}-dead`, "--bind", "#", "--limit", "1"],
      ]);
      onTestFinished(() => reading.interrupt());
      expect([await reading.code, reading.stderr.text]).toEqual([0, expect.any(String)]);
      const list = () => command(["dlq", "list", "--json", ...common, ...dead]);
      await expect
        .poll(async () => {
          const run = list();
          expect([await run.code, run.stderr.text]).toEqual([0, expect.any(String)]);
          return JSON.parse(run.stdout.text).groups;
        }, patient)
        .toMatchObject([{ code: "COMMAND_GAVE_UP", type: "step", count: 2 }]);
      await isConnected(...seen);
      killing.interrupt();
      expect(await killing.code).toBe(130);
      const replay = command(["dlq", "replay", ...common, ...dead]);
      expect([await replay.code, replay.stderr.text]).toEqual([0, expect.stringContaining("2 dead letters")]);
      const back = command(["consume", name, ...common, "--limit", "2"]);
      expect([await back.code, idsIn(back.stdout.text)]).toEqual([0, expect.any(Array)]);
    });

    it.each(Object.entries(logins))("by %s: tail of a stream, from its first event", async (_, login) => {
      const stream = `logins-${randomUUID()}`;
      const common = [
        ...["--url", `rabbitmq-stream+tls://localhost:${streamPort}/`, "--stream", stream],
        ...login.flags(),
      ];
      const pipe = command(["pipe", ...common], { stdin: [0, 1, 2].map(event) });
      expect([await pipe.code, pipe.stderr.text]).toEqual([0, expect.any(String)]);
      const tail = command(["tail", ...common, "--from", "first", "--json", "-n", "4"]);
      onTestFinished(() => tail.interrupt());
      await expect.poll(() => tail.stdout.text.split("\n").length, patient).toBe(4);
      const again = command(["pipe", ...common], { stdin: [event(3)] });
      expect(await again.code).toBe(0);
      expect([await tail.code, idsIn(tail.stdout.text)]).toEqual([0, ["id-0", "id-1", "id-2", "id-3"]]);
    });

    it("without a certificate: says that one is asked for", async () => {
      const url = `amqps://localhost:${new URL(broker.tlsUrl).port}/`;
      for (const version of ["0-9-1", "1.0"]) {
        const common = ["--url", url, "--amqp-version", version, "--tls-ca", path("ca.pem")];
        for (const args of [
          ["tail", ...common, "--exchange", "x"],
          ["consume", "x", ...common],
          ["dlq", "list", ...common, "--dead-letter-queue", "x"],
        ]) {
          const run = command(args);
          expect([await run.code, run.stderr.text]).toEqual([
            1,
            expect.stringMatching(/asks for a certificate of yours/),
          ]);
        }
      }
    });
  },
);
