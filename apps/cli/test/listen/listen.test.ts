import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { certificates } from "@streamll/brokers";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { bodiesIn, command, type Given } from "../support/shell.js";
import { errorIn, type Listening, line, listening, patient, post } from "./listening.js";

const numbersIn = ({ broker }: Listening) => bodiesIn(broker).map(({ data }) => (data as { i: number }).i);

/** Whatever was sent before has been read once later requests have their answers. */
async function answered({ url }: Listening): Promise<void> {
  for (let time = 0; time < 5; time++) expect((await post(url, "no event")).status).toBe(400);
}

describe("streamll listen", () => {
  let folder: string;
  let open: Listening | undefined;
  const start = async (args: readonly string[] = [], given: Given = {}) => {
    open = await listening(args, given);
    return open;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "streamll-listen-"));
  });
  afterEach(() => open?.stop());
  afterAll(() => rm(folder, { recursive: true }));

  it("publishes the lines of a request, plain or gzip, and sums up when it is ended", async () => {
    const run = await start(["--json"]);
    const plain = await post(run.url, `${line(0)}\n${line(1)}`);
    expect([plain.status, await plain.json()]).toEqual([200, { accepted: 2, rejected: 0 }]);
    const packed = await post(run.url, gzipSync(line(2)), { "content-encoding": "gzip" });
    expect(packed.status).toBe(200);
    expect(await run.stop()).toBe(130);
    expect(numbersIn(run)).toEqual([0, 1, 2]);
    expect(run.stderr.text).toContain("3 events accepted, 0 rejected; 3 delivered, 0 failed");
    expect(JSON.parse(run.stdout.text)).toEqual({ accepted: 3, rejected: 0, sent: 3, failed: 0 });
  });

  it("takes the events of a request that are valid, and names the lines that are not without their content", async () => {
    const run = await start();
    const some = await post(run.url, `${line(0)}s3cret\n{"event_type":7}\n${line(1)}`);
    expect([some.status, await some.json()]).toEqual([
      200,
      {
        accepted: 2,
        rejected: 2,
        errors: [
          { line: 2, message: "not JSON" },
          { line: 3, message: expect.stringMatching(/^invalid event: event_type: is a number/) },
        ],
      },
    ]);
    expect((await post(run.url, "s3cret")).status).toBe(400);
    await run.stop();
    expect(numbersIn(run)).toEqual([0, 1]);
    expect(run.stderr.text).not.toContain("s3cret");
  });

  it("answers 429 with Retry-After while the buffer is full, and takes the same request later", async () => {
    const run = await start(["--max-buffered-events", "4"]);
    run.broker.faults.block();
    expect((await post(run.url, line(0) + line(1) + line(2))).status).toBe(200);
    const refused = await post(run.url, line(3) + line(4));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    run.broker.faults.unblock();
    await vi.waitFor(async () => expect((await post(run.url, line(3) + line(4))).status).toBe(200), patient);
    await run.stop();
    expect(numbersIn(run)).toEqual([0, 1, 2, 3, 4]);
  });

  it("takes a request of more events than the buffer holds as it drains", async () => {
    const run = await start(["--max-buffered-events", "4"]);
    const answer = await post(run.url, Array.from({ length: 50 }, (_, i) => line(i)).join(""));
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 50, rejected: 0 }]);
    await run.stop();
    expect(numbersIn(run)).toHaveLength(50);
  });

  it("answers with --confirm only when the broker has confirmed", async () => {
    const run = await start(["--confirm"]);
    run.broker.faults.silence();
    let status = 0;
    const asked = post(run.url, line(0)).then((answer) => {
      status = answer.status;
    });
    await answered(run);
    expect(status).toBe(0);
    run.broker.faults.wake();
    await asked;
    expect(status).toBe(200);
  });

  it("tells the sender with --confirm what will never be delivered, and what to send again", async () => {
    const run = await start(["--confirm", "--max-event-bytes", "300", "--flush-timeout", "0.2"]);
    const large = `${JSON.stringify({ event_type: "start", data: { text: "x".repeat(1000) } })}\n`;
    const some = await post(run.url, line(0) + large);
    expect(await some.json()).toEqual({
      accepted: 1,
      rejected: 1,
      errors: [{ line: 2, message: "not delivered, and never will be" }],
    });
    run.broker.faults.silence();
    const waiting = post(run.url, line(1));
    await answered(run);
    run.interrupt();
    const answer = await waiting;
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await run.code).toBe(130);
  });

  it("bounds bodies as they are sent and after gunzip", async () => {
    const run = await start(["--max-body", "1KiB"]);
    const bomb = gzipSync("x".repeat(1_000_000));
    expect(bomb.length).toBeLessThan(1024);
    for (const [body, headers] of [
      ["x".repeat(2000), {}],
      [bomb, { "content-encoding": "gzip" }],
    ] as const) {
      const answer = await post(run.url, body, headers);
      expect([answer.status, await errorIn(answer)]).toEqual([413, expect.stringContaining("1,024 bytes")]);
    }
    const wrong = await post(run.url, "x", { "content-encoding": "gzip" });
    expect([wrong.status, await errorIn(wrong)]).toEqual([400, expect.stringContaining("is not gzip")]);
    expect((await post(run.url, "x", { "content-encoding": "br" })).status).toBe(415);
  });

  it("requires the token where one is set, from a file or the environment", async () => {
    const file = join(folder, "token");
    await writeFile(file, "s3cret-token\n");
    for (const [args, env] of [
      [["--token-file", file], {}],
      [[], { STREAMLL_LISTEN_TOKEN: "s3cret-token" }],
    ] as const) {
      const run = await start(args, { env });
      expect((await post(run.url, line(0))).status).toBe(401);
      expect((await post(run.url, line(0), { authorization: "Bearer s3cret-tokem" })).status).toBe(401);
      expect((await post(run.url, line(0), { authorization: "Bearer s3cret-token" })).status).toBe(200);
      expect((await fetch(`${run.url}/health`)).status).toBe(200);
      await run.stop();
      expect(run.stderr.text + run.stdout.text).not.toContain("s3cret");
    }
  });

  it("refuses web pages, other methods, paths and content types", async () => {
    const { url } = await start();
    expect((await post(url, line(0), { origin: "http://evil.example" })).status).toBe(403);
    expect((await post(url, line(0), { "content-type": "text/plain" })).status).toBe(415);
    expect((await fetch(`${url}/v1/events`)).status).toBe(405);
    expect((await fetch(`${url}/v1/other`, { method: "POST" })).status).toBe(404);
  });

  it("listens by TLS", async () => {
    const files = await certificates();
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await writeFile(cert, files["cert.pem"]);
    await writeFile(key, files["key.pem"]);
    const { url } = await start(["--https-cert", cert, "--https-key", key]);
    const headers = { "content-type": "application/x-ndjson" };
    const sent = request(`${url}/v1/events`, { method: "POST", ca: files["ca.pem"], headers, agent: false });
    sent.end(line(0));
    const [answer] = await once(sent, "response");
    expect([answer.statusCode, JSON.parse(await text(answer))]).toEqual([200, { accepted: 1, rejected: 0 }]);
  });

  it("tells in /health whether the broker takes events", async () => {
    const { url, broker } = await start();
    const health = async () => {
      const answer = await fetch(`${url}/health`);
      return [answer.status, await answer.json()];
    };
    expect(await health()).toEqual([200, { status: "up" }]);
    broker.faults.refuseConnections();
    broker.faults.disconnect();
    await vi.waitFor(async () => expect(await health()).toEqual([503, { status: "degraded" }]), patient);
  });

  it("ends though a sender keeps its connection open without a request", async () => {
    const run = await start();
    const socket = connect(Number(new URL(run.url).port), "127.0.0.1");
    await once(socket, "connect");
    expect(await run.stop()).toBe(130);
    socket.destroy();
  });

  it("says which of its options are wrong", async () => {
    for (const [args, message] of [
      [["--port", "x"], "--port must be"],
      [["--max-body", "x"], "--max-body must be a size"],
      [["--https-cert", "x"], "--https-cert and --https-key go together"],
      [["--https-cert", "/dev/null", "--https-key", "/dev/null"], "must be a certificate and its own key"],
      [["--token-file", "/dev/null"], "the token must be at least 8 printable characters"],
      [["--confirm", "--no-publisher-confirms"], "--confirm needs --publisher-confirms"],
      [["file"], "the one word beside the options is the URL"],
    ] as const) {
      const { code, stderr } = command(["listen", ...args]);
      expect([await code, stderr.text]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it("says that the port is in use", async () => {
    const { url } = await start();
    const { code, stderr } = command(["listen", "--port", new URL(url).port]);
    expect([await code, stderr.text]).toEqual([
      1,
      expect.stringContaining("it is in use; see --host and --port"),
    ]);
  });

  it("warns where others reach it without a token", async () => {
    const { stderr } = await start(["--host", "0.0.0.0"]);
    expect(stderr.text).toContain("require a token: STREAMLL_LISTEN_TOKEN");
  });
});
