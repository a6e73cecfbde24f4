import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeadLetters, type DeadLettersOptions } from "@streamll/consumer";
import { ConfigurationError } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

const HOUR = 3_600_000;

describe("dead letters", () => {
  let broker: MemoryBroker;
  beforeEach(() => {
    broker = new MemoryBroker();
    broker.declareExchange("events");
    broker.declareQueue("live");
    broker.bind("live", "events");
    broker.declareQueue("dlx.failed");
  });

  const letters = (options: Partial<DeadLettersOptions> = {}) =>
    new DeadLetters({ transport: broker.transport(), deadLetterExchange: "dlx", ...options });

  interface Own {
    readonly code?: string;
    readonly type?: string;
    readonly module?: string;
    readonly at?: number;
    readonly headers?: Record<string, unknown>;
  }

  const put = (
    id: string,
    { code = "RETRIES_EXHAUSTED", type = "end", module = "RAG", at, headers }: Own = {},
  ) =>
    broker.publish({
      ...{ routingKey: "dlx.failed", messageId: id, type, contentType: "text/x", priority: 3 },
      body: JSON.stringify({ event_type: type, event_id: id, module_name: module }),
      headers: headers ?? {
        ...{
          own: { deep: [1] },
          streamll_failure: code,
          streamll_failure_message: "why",
          streamll_attempts: 5,
        },
        ...{ streamll_exchange: "events", streamll_routing_key: "a.b", streamll_queue: "live" },
        ...(at === undefined ? {} : { streamll_failed_at: new Date(at).toISOString() }),
      },
    });

  const idsIn = (queue: string) => broker.consume(queue).map(({ messageId }) => messageId);
  const left = () => idsIn("dlx.failed");

  it("beyond the limit of a purge are not touched, though others were taken meanwhile", async () => {
    for (let n = 0; n < 3000; n++) put(String(n));
    const purging = letters().purge({ limit: 2000 });
    expect(await purging).toMatchObject({ scanned: 2000, total: 3000, matched: 2000, purged: 2000 });
    const rest = broker.consume("dlx.failed");
    expect(rest).toHaveLength(1000);
    expect(rest.filter(({ redelivered }) => redelivered)).toEqual([]);
  });

  it("are listed by code and type with their age, shown whole, and stay in their order", async () => {
    const now = Date.now();
    put("1", { at: now - 2 * HOUR });
    put("2", { at: now - HOUR });
    put("3", { code: "UNROUTABLE", type: "start" });
    const list = await letters().list();
    expect(list).toMatchObject({ scanned: 3, total: 3, matched: 3, renewed: 0 });
    expect(list.incomplete).toBeUndefined();
    expect(list.groups[0]).toEqual({
      ...{ code: "RETRIES_EXHAUSTED", type: "end", count: 2 },
      ...{ oldest: new Date(now - 2 * HOUR), newest: new Date(now - HOUR) },
    });
    expect(list.letters[2]).toMatchObject({
      id: "3",
      code: "UNROUTABLE",
      type: "start",
      module: "RAG",
      queue: "live",
    });
    const { letters: shown } = await letters().show({ id: "2" });
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ id: "2", event: { eventType: "end" }, headers: { own: { deep: [1] } } });
    expect(left()).toEqual(["1", "2", "3"]);
  });

  it.each([
    ["code", { code: "B" }, ["2"]],
    ["several types", { type: ["start", "end"] }, ["1", "2", "4"]],
    ["module", { module: "Other" }, ["3"]],
    ["time", { since: "90m", until: new Date(Date.now() - HOUR / 2) }, ["2"]],
    ["limit", { limit: 2 }, ["1", "2"]],
    ["all of it", { type: "end", limit: 1, code: ["B", "A"] }, ["1"]],
    ["nothing that there is", { code: "NONE" }, []],
  ])(
    "are selected by %s: those are replayed in order, and the others stay in theirs",
    async (_, selection, expected) => {
      const now = Date.now();
      put("1", { code: "A", at: now - 2 * HOUR });
      put("2", { code: "B", at: now - HOUR });
      put("3", { code: "A", type: "token", module: "Other", at: now });
      put("4", { code: "C", type: "start", at: now });
      const dry = await letters().replay({ ...selection, dryRun: true });
      expect([dry.replayed, broker.depth("live")]).toEqual([expected.length, 0]);
      const report = await letters().replay(selection);
      expect(report).toMatchObject({ matched: expected.length, replayed: expected.length, complete: true });
      expect(idsIn("live")).toEqual(expected);
      expect(left()).toEqual(["1", "2", "3", "4"].filter((id) => !(expected as string[]).includes(id)));
    },
  );

  it("go back as they were sent, but for the story of their death, and count their replays", async () => {
    put("1");
    const first = await letters().replay();
    const [message] = broker.consume("live");
    expect(message).toMatchObject({
      exchange: "events",
      routingKey: "a.b",
      messageId: "1",
      contentType: "text/x",
      priority: 3,
    });
    const mark = { streamll_replay_id: first.replayId, streamll_replayed_at: expect.stringMatching(/Z$/) };
    expect(message!.headers).toEqual({ own: { deep: [1] }, streamll_replayed: 1, ...mark });
    put("2", { headers: { ...message!.headers, streamll_exchange: "events", streamll_routing_key: "c" } });
    await letters().replay();
    expect(broker.consume("live")[0]!.headers).toMatchObject({ streamll_replayed: 2 });
  });

  it("of the broker itself go to where they were first published, whatever happened on the way", async () => {
    broker.declareExchange("between", "fanout");
    broker.declareQueue("middle", {
      "x-message-ttl": 1,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": "dlx.failed",
    });
    broker.declareQueue("first", { "x-message-ttl": 1, "x-dead-letter-exchange": "between" });
    broker.bind("first", "events", "first.*");
    broker.bind("middle", "between");
    broker.publish({ exchange: "events", routingKey: "first.key", body: "{}", messageId: "1" });
    await expect.poll(() => broker.depth("dlx.failed")).toBe(1);
    broker.consume("live");
    broker.declareQueue("target");
    broker.bind("target", "events", "first.key");
    const [listed] = (await letters().list()).letters;
    expect(listed).toMatchObject({
      code: "EXPIRED",
      exchange: "events",
      routingKey: "first.key",
      queue: "first",
      deaths: 2,
    });
    expect(await letters().replay()).toMatchObject({ replayed: 1, complete: true });
    const [message] = broker.consume("target");
    expect(Object.keys(message!.headers).filter((name) => name.startsWith("x-"))).toEqual([]);
  });

  it("that nobody takes, or that name no place, stay where they are, and the report says why", async () => {
    put("1", { headers: { streamll_exchange: "gone", streamll_routing_key: "k" } });
    put("2", { headers: {} });
    put("3", { headers: { streamll_exchange: "nothing-bound", streamll_routing_key: "k" } });
    put("4");
    broker.declareExchange("nothing-bound");
    const report = await letters().replay();
    expect(report).toMatchObject({ matched: 4, complete: false });
    expect(report.problems.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["NO_TARGET", "TRANSPORT_UNROUTABLE", "TRANSPORT_NOT_FOUND"]),
    );
    expect(report).toMatchObject({ replayed: 1, failed: 3, doubtful: [] });
    expect(left()).toEqual(expect.arrayContaining(["1", "2", "3"]));
    expect(await letters().replay({ to: { exchange: "", routingKey: "live" } })).toMatchObject({
      complete: true,
    });
  });

  it("that die again at once are not replayed for ever", async () => {
    broker.declareQueue("trap", {
      "x-message-ttl": 0,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": "dlx.failed",
    });
    for (let n = 0; n < 600; n++)
      put(String(n), { headers: { streamll_exchange: "", streamll_routing_key: "trap" } });
    expect(await letters().replay()).toMatchObject({ scanned: 600, replayed: 600, complete: true });
    await expect.poll(() => broker.depth("dlx.failed")).toBe(600);
    expect((await letters().list({ limit: 1 })).letters[0]).toMatchObject({ replayed: 1, code: "EXPIRED" });
  });

  it("are replayed no faster than the rate", async () => {
    for (let n = 0; n < 60; n++) put(String(n));
    const startedAt = performance.now();
    await letters().replay({ rate: 100 });
    expect(performance.now() - startedAt).toBeGreaterThan(500);
    expect(idsIn("live")).toHaveLength(60);
  });

  it("are purged as selected, and only counted in a dry run", async () => {
    for (const [id, code] of [
      ["1", "A"],
      ["2", "B"],
      ["3", "A"],
    ] as const)
      put(id, { code });
    expect(await letters().purge({ code: "A", dryRun: true })).toMatchObject({ matched: 2, purged: 2 });
    expect(await letters().purge({ code: "A" })).toMatchObject({ matched: 2, purged: 2, scanned: 3 });
    expect(left()).toEqual(["2"]);
  });

  it("that were looked at so often that the broker would drop them are put at the end, with nothing lost", async () => {
    broker.declareQueue("q", { "x-queue-type": "quorum" });
    const list = () => letters({ queue: "q", deliveryLimit: 4 }).list();
    broker.publish({ routingKey: "q", body: "{}", messageId: "1" });
    broker.publish({ routingKey: "q", body: "{}", messageId: "2" });
    expect(await list()).toMatchObject({ matched: 2, renewed: 2 });
    expect(idsIn("q")).toEqual(["1", "2"]);
  });

  describe("with a journal", () => {
    async function journal() {
      const folder = await mkdtemp(join(tmpdir(), "streamll-journal-"));
      onTestFinished(() => rm(folder, { recursive: true }));
      return join(folder, "replay.journal");
    }

    it("are only acknowledged when they were confirmed before, and named when that is in doubt", async () => {
      const path = await journal();
      for (const id of ["1", "2", "3"]) put(id);
      const first = await letters().replay({ journal: path });
      expect(first).toMatchObject({ replayed: 3, complete: true });
      broker.consume("live");
      // As after a crash before the acknowledgements, and before the last confirm.
      for (const id of ["1", "2", "3"]) put(id);
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
      await writeFile(path, `${lines.slice(0, -1).join("\n")}\nc 0123`);
      const second = await letters().replay({ journal: path });
      expect(second).toMatchObject({ acknowledged: 2, replayed: 1, doubtful: ["3"], complete: false });
      expect(second.replayId).toBe(first.replayId);
      expect([idsIn("live"), left()]).toEqual([["3"], []]);
      put("4");
      expect(await letters().replay({ journal: path })).toMatchObject({
        replayed: 1,
        acknowledged: 0,
        // The journal keeps what may have been published twice.
        doubtful: ["3"],
      });
    });

    it("are not touched where the file is of another queue, or no journal", async () => {
      const path = await journal();
      put("1");
      broker.declareQueue("other");
      await letters({ queue: "other" }).replay({ journal: path });
      await expect(letters().replay({ journal: path })).rejects.toMatchObject({ code: "JOURNAL_UNUSABLE" });
      await writeFile(path, "my diary\n");
      await expect(letters().replay({ journal: path })).rejects.toThrow("no journal");
      expect(await readFile(path, "utf8")).toBe("my diary\n");
      await expect(letters().replay({ journal: join(path, "deeper") })).rejects.toThrow("ENOTDIR");
      expect(left()).toEqual(["1"]);
    });
  });

  it("are given back when the program interrupts a replay", async () => {
    for (let n = 0; n < 50; n++) put(String(n));
    const { signal, ...aborter } = { ...abortable() };
    const running = letters().replay({ rate: 10, signal, onProgress: () => aborter.abort() });
    setTimeout(() => aborter.abort(), 300);
    const report = await running;
    expect(report).toMatchObject({ complete: false, incomplete: "aborted" });
    expect(idsIn("live").length + left().length).toBe(50);
  });

  it("say what is wrong with what they are told, and what to write", async () => {
    const problems = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as ConfigurationError).problems.map(({ option, message }) => `${option} ${message}`);
      }
    };
    expect(problems(() => new DeadLetters({ url: "memory:" }))?.[0]).toMatch(
      /^queue is missing; write .*deadLetterExchange/,
    );
    const wrong = { since: "yesterday", rate: 0, codes: "A", to: { exchange: "" } } as object;
    const told = problems(() => letters().replay(wrong));
    expect(told).toEqual([
      expect.stringMatching(/^since must be a Date.*got "yesterday"/),
      expect.stringMatching(/^rate must be a whole number from 1 /),
      expect.stringMatching(/^codes is not an option of replay\(\); they are code, /),
      expect.stringMatching(/^to needs a routingKey/),
    ]);
    await expect(letters({ queue: "nowhere" }).list()).rejects.toMatchObject({ code: "TRANSPORT_NOT_FOUND" });
    await expect(letters().list({ limit: 0 })).rejects.toBeInstanceOf(ConfigurationError);
  });
});

function abortable() {
  const aborter = new AbortController();
  return { signal: aborter.signal, abort: () => aborter.abort(130) };
}
