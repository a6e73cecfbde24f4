import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokersForTests, type OwnBroker, startBroker } from "@streamll/brokers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Spawned } from "./support/spawned.js";
import { event, idsIn } from "./support/steps.js";
import { CLIENT_ID, forgedToken, startTokenService, type TokenService } from "./support/token-service.js";

const patient = { timeout: 60_000, interval: 50 };

/** Prints what the service answers to the form in a file. */
const askingProgram = (url: string, ca: string): string => `
  import { readFileSync } from "node:fs";
  import { request } from "node:https";
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const asked = request("${url}/token", { method: "POST", ca: ${JSON.stringify(ca)}, headers });
  asked.on("response", (answer) => answer.pipe(process.stdout));
  asked.end(readFileSync(process.argv[2]));
`;

describe.each(brokersForTests())(
  "the commands log in to RabbitMQ $version with tokens of OAuth 2",
  { skip: !brokersForTests().every(({ owned }) => owned) },
  ({ generation }) => {
    let service: TokenService;
    let broker: OwnBroker;
    let folder: string;
    let place: string;

    beforeAll(async () => {
      service = await startTokenService();
      broker = await startBroker({
        generation,
        plugins: ["rabbitmq_auth_backend_oauth2"],
        config: {
          "auth_backends.1": "rabbit_auth_backend_oauth2",
          "auth_backends.2": "internal",
          "auth_oauth2.resource_server_id": "streamll",
          "auth_oauth2.jwks_url": `${service.url}/jwks`,
          "auth_oauth2.https.cacertfile": "/mnt/token-ca.pem",
          "auth_oauth2.https.peer_verification": "verify_peer",
        },
        files: { "token-ca.pem": service.ca },
      });
      // How long it goes on with a right that it has looked up once, in milliseconds. Usual is a minute.
      await broker.ctl("eval", "application:set_env(rabbit, channel_tick_interval, 1000).");
      folder = await mkdtemp(join(tmpdir(), "streamll-oauth-"));
      await writeFile(join(folder, "ask.mjs"), askingProgram(service.url, service.ca));
      for (const [name, secret] of [
        ["request", service.secret],
        ["wrong-request", "wrong-secret"],
      ] as const) {
        const form = { grant_type: "client_credentials", client_id: CLIENT_ID, client_secret: secret };
        await writeFile(join(folder, name), String(new URLSearchParams(form)));
      }
      place = broker.url.replace("guest:guest@", "");
    }, 120_000);
    afterAll(async () => {
      await Promise.all([broker?.close(), service?.[Symbol.asyncDispose]()]);
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    /** The secret stands in no command line. */
    const asking = (request = "request") =>
      `"${process.execPath}" "${join(folder, "ask.mjs")}" "${join(folder, request)}"`;
    const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const started = new Spawned(args, env);
      onTestFinished(() => void started.process.kill("SIGKILL"));
      return started;
    };
    const done = async (started: Spawned, input = "") =>
      expect([await started.fed(input), started.stderr]).toEqual([0, expect.any(String)]);

    const over = (version: string) => ["--url", place, "--amqp-version", version];
    const versions = generation.startsWith("3.") ? ["0-9-1"] : ["0-9-1", "1.0"];

    it.each(versions)("over AMQP %s: tail, consume and dlq", async (version) => {
      const name = `oauth-${randomUUID()}`;
      const common = [...over(version), "--credentials", asking()];
      const dead = ["--dead-letter-exchange", `${name}-dead`];
      await done(run(["pipe", ...common, "--exchange", name]), event(0));
      const tail = run(["tail", ...common, "--exchange", name, "--json", "-n", "2"]);
      await expect.poll(() => tail.stderr, patient).toContain(`tailing ${name}`);
      await done(run(["pipe", ...common, "--exchange", name]), event(1) + event(2));
      expect([await tail.ended, idsIn(tail.stdout)]).toEqual([0, ["id-1", "id-2"]]);

      const queue = `${name}-own`;
      const killing = run([
        ...["consume", queue, ...common, ...dead, "--exchange", name, "--bind", "#"],
        ...["--exec", "sed -u 's/.*/dead NO_PRICE/'"],
      ]);
      await expect
        .poll(async () => (await run(["dlq", "list", ...common, ...dead]).ended) === 0, patient)
        .toBe(true);
      await done(run(["pipe", ...common, "--exchange", name]), event(3));
      const listed = async () => {
        const list = run(["dlq", "list", "--json", ...common, ...dead]);
        await done(list);
        return JSON.parse(list.stdout).groups;
      };
      await expect.poll(listed, patient).toMatchObject([{ code: "COMMAND_GAVE_UP", count: 1 }]);
      killing.process.kill("SIGINT");
      expect(await killing.ended).toBe(130);
      const replay = run(["dlq", "replay", ...common, ...dead]);
      expect([await replay.ended, replay.stderr]).toEqual([
        0,
        expect.stringContaining("1 dead letter replayed"),
      ]);
    });

    it("over the stream protocol: tail", async () => {
      const stream = `oauth-${randomUUID()}`;
      const common = ["--url", `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`, "--stream", stream];
      const flags = [...common, "--credentials", asking()];
      await done(run(["pipe", ...flags]), event(0));
      const tail = run(["tail", ...flags, "--from", "first", "--json", "-n", "1"]);
      expect([await tail.ended, idsIn(tail.stdout)]).toEqual([0, ["id-0"]]);
    });

    it.each(generation.startsWith("3.") ? [] : ["pipe", "tail", "consume"])(
      "over the stream protocol: %s goes on beyond the life of its first token, on one connection",
      async (command) => {
        const stream = `oauth-${randomUUID()}`;
        const common = ["--url", `rabbitmq-stream://127.0.0.1:${broker.streamPort}/`, "--stream", stream];
        const flags = [...common, "--credentials", asking()];
        await done(run(["pipe", ...flags]), event(0));
        service.life = 8;
        onTestFinished(() => {
          service.life = 600;
        });
        const more = { pipe: [], tail: ["--json", "--from", "first"], consume: ["--from", "first"] }[
          command
        ]!;
        const long = run([command, ...flags, ...more]);
        const before = service.asked;
        await expect.poll(() => service.asked, patient).toBeGreaterThanOrEqual(before + 4);
        service.life = 600;
        if (command === "pipe") await done(long, event(1));
        else {
          await done(run(["pipe", ...flags]), event(1));
          await expect.poll(() => long.stdout, patient).toContain("id-1");
          long.process.kill("SIGINT");
          expect(await long.ended).toBe(130);
        }
        expect(long.stderr).not.toMatch(/lost|closed|warning|error/);
      },
    );

    it("that are given as the password, in the environment", async () => {
      const name = `oauth-${randomUUID()}`;
      const env = { RABBITMQ_PASSWORD: service.token(600) };
      await done(run(["pipe", ...over("0-9-1"), "--exchange", name, "--queue", name], env), event(0));
      const consume = run(["consume", name, ...over("0-9-1"), "--limit", "1"], env);
      expect([await consume.ended, idsIn(consume.stdout)]).toEqual([0, ["id-0"]]);
    });

    it("a tail goes on beyond the life of its first token, and misses nothing", async () => {
      const name = `oauth-${randomUUID()}`;
      const common = [...over("0-9-1"), "--exchange", name, "--credentials", asking()];
      await done(run(["pipe", ...common]), event(0));
      service.life = 8;
      onTestFinished(() => {
        service.life = 600;
      });
      const tail = run(["tail", ...common, "--json"]);
      await expect.poll(() => tail.stderr, patient).toContain(`tailing ${name}`);
      const before = service.asked;
      await expect.poll(() => service.asked, patient).toBeGreaterThanOrEqual(before + 2);
      service.life = 600;
      await done(run(["pipe", ...common]), event(1));
      await expect.poll(() => tail.stdout, patient).toContain("id-1");
      expect(tail.said).toEqual([expect.stringContaining(`tailing ${name}`)]);
      tail.process.kill("SIGINT");
      expect(await tail.ended).toBe(130);
    });

    const reading: Readonly<Record<string, readonly string[]>> = {
      tail: ["tail", "--exchange", "amq.topic"],
      consume: ["consume", "any"],
      dlq: ["dlq", "list", "--dead-letter-queue", "any"],
    };
    const wrong: Readonly<
      Record<
        string,
        {
          readonly flags: () => readonly string[];
          readonly env: () => NodeJS.ProcessEnv;
          readonly says: RegExp;
        }
      >
    > = {
      "a wrong secret": {
        flags: () => ["--credentials", asking("wrong-request")],
        env: () => ({}),
        says: /the command of --credentials gave no token, but the error invalid_client/,
      },
      "a token that somebody else signed": {
        flags: () => [],
        env: () => ({ RABBITMQ_PASSWORD: forgedToken() }),
        says: /(refused|Check)/,
      },
      "a token that has expired": {
        flags: () => [],
        env: () => ({ RABBITMQ_PASSWORD: service.token(-60) }),
        says: /(refused|Check)/,
      },
    };
    const cases = Object.keys(wrong).flatMap((what) =>
      Object.keys(reading).flatMap((command) => versions.map((version) => ({ what, command, version }))),
    );
    it.each(cases)(
      "$what ends $command over AMQP $version with one line",
      async ({ what, command, version }) => {
        const { flags, env, says } = wrong[what]!;
        const given = env();
        const started = run([...reading[command]!, ...over(version), ...flags()], given);
        expect([await started.ended, started.stdout]).toEqual([1, ""]);
        expect(started.said).toEqual([expect.stringMatching(says)]);
        for (const secret of ["wrong-secret", given.RABBITMQ_PASSWORD ?? service.secret])
          expect(started.stderr).not.toContain(secret);
      },
    );
  },
);
