import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { RabbitMQSink } from "@streamll/sink";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { command } from "../support/shell.js";
import { ask } from "./support/ask.js";

const start = `{"event_id":"s","execution_id":"run","event_type":"start","data":{"inputs":["<b>"]}}`;

/** The page of a file, and its address. */
/** Resolves when the page can be asked, and has the whole of the text. */
async function serving(text: string, ...args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "streamll-ui-"));
  const file = join(folder, "events.ndjson");
  await writeFile(file, text);
  const run = command(["ui", file, ...args]);
  onTestFinished(async () => {
    run.interrupt();
    expect(await run.code).toBe(130);
    await rm(folder, { recursive: true });
  });
  await vi.waitFor(() => expect(run.stdout.text).toMatch(/^http:.*\n$/), { timeout: 20_000 });
  const url = new URL(run.stdout.text.trim());
  await expect.poll(async () => (await ask(new URL("live", url))).body).toContain('"state":"read"');
  return { url, run };
}

describe("streamll ui", () => {
  it("serves its page by the whole address alone, under a strict policy, and to this machine's names alone", async () => {
    const { url } = await serving(`${start}\n`);
    expect(url.hostname).toBe("127.0.0.1");
    expect(url.pathname).toMatch(/^\/[\w-]{24}\/$/);
    const page = await ask(url);
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining("page.js") });
    expect(page.headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    );
    expect(page.headers["access-control-allow-origin"]).toBeUndefined();
    for (const path of [
      "/",
      "/wrong/",
      "/wrong/live",
      `${url.pathname}../package.json`,
      `${url.pathname}src`,
    ])
      expect((await ask(new URL(path, url))).status).toBe(404);
    for (const name of ["page.js", "lit-html.js", "page.css", "narrow.css"])
      expect((await ask(new URL(name, url))).status).toBe(200);
    const rebound = await ask(url, { headers: { host: `attacker.example:${url.port}` } });
    expect(rebound).toMatchObject({ status: 421, body: expect.not.stringContaining("page.js") });
    expect((await ask(url, { headers: { origin: "http://attacker.example" } })).status).toBe(421);
    expect((await ask(url, { method: "POST" })).status).toBe(404);
    const socket = connect(Number(url.port), url.hostname);
    for (const target of ["//", "*", "http://[", "/%00"])
      socket.write(`GET ${target} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
    let answers = "";
    for await (const chunk of socket) {
      answers += chunk;
      if (answers.split("HTTP/1.1 4").length > 4) break;
    }
  });

  it("sends the executions, the calls of one, and one call", async () => {
    const { url } = await serving(`${start}\nnonsense\n`);
    const live = await ask(new URL("live", url));
    expect(JSON.parse(live.body.replace("data: ", ""))).toMatchObject({
      head: { state: "read", received: 1, foreign: 1 },
      rows: [{ id: "run", open: 1 }],
    });
    const none = await ask(new URL("live?filter=other", url));
    expect(JSON.parse(none.body.replace("data: ", "")).rows).toEqual([]);
    const execution = await ask(new URL("execution?id=run", url));
    expect(JSON.parse(execution.body.replace("data: ", ""))).toMatchObject({
      calls: [{ id: "s" }],
      total: 1,
    });
    const call = await ask(new URL("call?execution=run&call=s", url));
    expect(JSON.parse(call.body)).toMatchObject({ events: [{ data: { inputs: ["<b>"] } }] });
    for (const path of [
      "execution?id=none",
      "call?execution=run&call=none",
      "call?execution=__proto__&call=x",
      "toString",
    ])
      expect((await ask(new URL(path, url))).status).toBe(404);
  });

  it("shows what comes on stdin while it comes, and then that all is read", async () => {
    const stdin = new PassThrough();
    const run = command(["ui", "-"], { stdin });
    await vi.waitFor(() => expect(run.stdout.text).toMatch(/^http:.*\n$/), 10_000);
    const head = async () => {
      const { body } = await ask(new URL("live", run.stdout.text.trim()));
      return JSON.parse(body.replace("data: ", "")).head;
    };
    expect(await head()).toMatchObject({ state: "live", name: "stdin", received: 0 });
    stdin.write(`${start}\n${start.slice(0, 20)}`);
    await vi.waitFor(async () => expect(await head()).toMatchObject({ state: "live", received: 1 }), 10_000);
    stdin.end(start.slice(20));
    await vi.waitFor(async () => expect(await head()).toMatchObject({ state: "read", received: 2 }), 10_000);
    run.interrupt();
    expect(await run.code).toBe(130);
  });

  it("answers for a call that is nested deeper than JSON is written", async () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const { url } = await serving(`${start.replace('"inputs":["<b>"]', `"inputs":${deep}`)}\n`);
    const call = await ask(new URL("call?execution=run&call=s", url));
    expect(call).toMatchObject({ status: 200, body: expect.stringContaining("[[[[") });
  });

  it("says which file is not there, and what cannot be read from", async () => {
    for (const [args, text] of [
      [["none.ndjson"], /no such file/],
      [[tmpdir()], /is a directory/],
      [["memory:", "package.json"], /one URL or one file/],
      [["memory:", "--exchange", ""], /default exchange/],
      [["memory:x", "--port", "70000"], /--port must be/],
    ] as const) {
      const run = command(["ui", ...args]);
      expect(await run.code).toBe(2);
      expect(run.stderr.text).toMatch(text);
    }
  });

  it("waits for an exchange that no sink has declared yet, and then shows what is sent", async () => {
    const run = command(["ui", "memory:early"]);
    await vi.waitFor(() => expect(run.stdout.text).toMatch(/^http:.*\n$/), { timeout: 20_000 });
    const head = () => ask(new URL("live", run.stdout.text.trim())).then(({ body }) => body);
    expect(run.stderr.text).toMatch(/there is no exchange "streamll_events".*Waiting for it/);
    expect(await head()).toContain('"state":"waiting"');

    const sink = new RabbitMQSink({ amqpUrl: "memory:early" });
    await sink.start();
    await vi.waitFor(async () => expect(await head()).toContain('"state":"live"'), 10_000);
    await sink.publish({ eventType: "start", moduleName: "RAG" });
    await vi.waitFor(async () => expect(await head()).toContain("RAG"), 10_000);
    expect(run.stderr.text.match(/Waiting for it/g)).toHaveLength(1);
    await sink.stop();
    expect(run.stderr.text).toContain("what arrived before is not shown");
    run.interrupt();
    expect(await run.code).toBe(130);
  });
});
