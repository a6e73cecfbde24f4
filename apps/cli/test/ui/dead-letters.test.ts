import { MemoryBroker } from "@streamll/transport-memory";
import { describe, expect, it } from "vitest";
import { command } from "../support/shell.js";
import { ask } from "./support/ask.js";
import { deskPage } from "./support/desk-page.js";

const ESCAPE = "\u001b[31m";

/** A page about three dead letters, two of which have somewhere to go. */
async function desk(...flags: readonly string[]) {
  const name = crypto.randomUUID();
  const broker = MemoryBroker.named(name);
  broker.declareQueue("live");
  broker.declareQueue("dlx.failed");
  for (const [n, code, type, target] of [
    [0, "NO_PRICE", "end", "live"],
    [1, `CODE${ESCAPE}`, "end", "live"],
    [2, "NO_PRICE", "token", "gone"],
  ] as const)
    broker.publish({
      ...{ routingKey: "dlx.failed", messageId: `id-${n}` },
      body: JSON.stringify({ event_type: type, module_name: `Module${n}`, data: { secret: `data-${n}` } }),
      headers: {
        ...{ streamll_failure: code, streamll_failure_message: "there is no price", streamll_exchange: "" },
        ...{ streamll_routing_key: target, streamll_attempts: 4, streamll_failed_at: "2026-01-01T00:00:00Z" },
      },
    });
  const page = await deskPage([`memory:${name}`, "--dead-letter-exchange", "dlx", ...flags]);
  return { broker, ...page };
}

describe("the dead letters of streamll ui", () => {
  it("are listed when asked for, without their data, which comes of one at a time", async () => {
    const { looked, post, url, broker } = await desk();
    const live = await ask(new URL("live", url));
    expect(live.body).toContain(`"deadLetters":{"queue":"dlx.failed","mayReplay":false}`);
    const told = await looked();
    expect(told.list).toMatchObject({
      matched: 3,
      codes: ["NO_PRICE", "CODE\\u001b[31m"],
      types: ["end", "token"],
      modules: ["Module0", "Module1", "Module2"],
      letters: [
        { id: "id-0", code: 0, type: 0, module: 0, attempts: 4, reason: "there is no price" },
        { id: "id-1", code: 1, type: 0, module: 1 },
        { id: "id-2", code: 0, type: 1, module: 2 },
      ],
    });
    expect(JSON.stringify(told)).not.toContain("data-");
    const shown = await post("show", { list: told.list.version, letter: 1 });
    expect(JSON.parse(JSON.parse(shown.body).data)).toEqual({ secret: "data-1" });
    expect(broker.depth("dlx.failed")).toBe(3);
  });

  it("are replayed as chosen by code, type and module, or one alone; and what cannot be stays", async () => {
    const { looked, post, settled, broker, run } = await desk("--allow-replay");
    const first = (await looked()).list.version;
    expect(await post("replay", { list: first, code: 0, type: 0, module: 0 })).toMatchObject({ status: 202 });
    const one = await settled();
    expect(one).toMatchObject({ report: { replayed: 1, complete: true }, list: { matched: 2 } });
    expect(await post("replay", { list: first })).toMatchObject({
      status: 409,
      body: expect.stringContaining("the list has changed"),
    });
    await post("replay", { list: one.list.version, letter: 0 });
    const two = await settled();
    expect([two.report?.replayed, broker.depth("live")]).toEqual([1, 2]);
    await post("replay", { list: two.list.version, rate: 50 });
    expect((await settled()).report).toMatchObject({
      ...{ replayed: 0, complete: false },
      problems: [{ code: "TRANSPORT_UNROUTABLE", count: 1 }],
    });
    expect(broker.depth("dlx.failed")).toBe(1);
    expect(run.stderr.text).toContain("the page replays dead letters of dlx.failed: id id-1\n");
    expect(run.stderr.text).not.toContain("\u001b");
  });

  it("are replayed by one at a time, which can be stopped; the rest stays", async () => {
    const { looked, post, settled, broker } = await desk("--allow-replay");
    const { list } = await looked();
    for (let n = 0; n < 50; n++)
      broker.publish({
        routingKey: "dlx.failed",
        body: "{}",
        headers: { streamll_failure: "MORE", streamll_exchange: "", streamll_routing_key: "live" },
      });
    expect(await post("replay", { list: list.version, rate: 1 })).toMatchObject({ status: 202 });
    for (const action of ["replay", "look", "show"])
      expect(await post(action, { list: list.version, letter: 0 })).toMatchObject({
        status: 409,
        body: expect.stringContaining("a replay is under way: wait for its end, or stop it"),
      });
    expect(await post("stop")).toMatchObject({ status: 202 });
    const { report } = await settled();
    expect(report).toMatchObject({ complete: false });
    expect(broker.depth("live") + broker.depth("dlx.failed")).toBe(53);
    expect(broker.depth("dlx.failed")).toBeGreaterThan(45);
  });

  it("are replayed by the page alone, and only where the command allows it", async () => {
    const { looked, post, broker, url } = await desk();
    const list = (await looked()).list.version;
    expect(await post("replay", { list })).toMatchObject({
      status: 403,
      body: expect.stringContaining("--allow-replay"),
    });
    expect((await post("look", {}, { origin: "http://attacker.example" })).status).toBe(421);
    const headers = { "content-type": "application/json" };
    expect((await ask(new URL("look", url), { method: "POST", headers, body: "{}" })).status).toBe(403);
    expect((await post("look", {}, { "content-type": "text/plain" })).status).toBe(415);
    expect((await post("look", { text: "x".repeat(20_000) })).status).toBe(413);
    expect((await post("look", ["x"])).status).toBe(400);
    expect((await post("show", { list, letter: -1 })).status).toBe(400);
    expect((await post("show", { list, letter: 99 })).status).toBe(409);
    expect((await post("/wrong/look")).status).toBe(404);
    expect((await post("toString")).status).toBe(404);
    expect((await ask(new URL("look", url))).status).toBe(404);
    expect(broker.depth("dlx.failed")).toBe(3);
  });

  it("say what is wrong with a queue that is not there", async () => {
    const { post, settled } = await desk("--dead-letter-queue", "nowhere");
    await post("look");
    expect((await settled()).problem).toMatch(/nowhere/);
  });

  it.each([
    [["memory:x", "--allow-replay"], "--dead-letter-exchange"],
    [
      ["memory:x", "--allow-replay", "--dead-letter-exchange", "x", "--no-dead-letter-queue"],
      "--dead-letter-queue",
    ],
    [[import.meta.filename, "--allow-replay"], "a file has no dead letters"],
  ])("need a name: %s", async (args, text) => {
    const run = command(["ui", ...args]);
    expect(await run.code).toBe(2);
    expect(run.stderr.text).toContain(text);
  });

  it("of a stream there are none", async () => {
    const url = "rabbitmq-stream://localhost:1/";
    const run = command(["ui", url, "--stream", "s", "--dead-letter-queue", "q", "--allow-replay"]);
    expect(await run.code).toBe(2);
    expect(run.stderr.text).toContain("a stream has no dead letters");
  });
});
