import { MemoryBroker } from "@streamll/transport-memory";
import { describe, expect, it } from "vitest";
import { command, type Given } from "./support/shell.js";

const ESCAPE = "\u001b[31m";

function scene(args: readonly string[], count = 2, given: Given = {}) {
  const name = crypto.randomUUID();
  const broker = MemoryBroker.named(name);
  broker.declareQueue("live");
  broker.declareQueue("dlx.failed");
  for (let n = 0; n < count; n++) {
    broker.publish({
      ...{ routingKey: "dlx.failed", messageId: `id-${n}` },
      body: JSON.stringify({ event_type: `end${ESCAPE}`, module_name: "RAG", data: { n, text: ESCAPE } }),
      headers: {
        ...{ streamll_failure: n === 0 ? `CODE${ESCAPE}` : "UNROUTABLE", streamll_exchange: "" },
        ...{
          streamll_routing_key: n < 2 ? "live" : "gone",
          streamll_failed_at: new Date(Date.now() - 7_200_000).toISOString(),
        },
      },
    });
  }
  const env = { RABBITMQ_URL: `memory:${name}`, RABBITMQ_QUEUE: "live", ...given.env };
  const run = command(["dlq", ...args, "--dead-letter-exchange", "dlx"], { ...given, env });
  return { ...run, broker };
}

describe("streamll dlq", () => {
  it("list counts by code and age, and lets no value steer the terminal", async () => {
    const { code, stdout, stderr } = scene(["list"]);
    expect(await code).toBe(0);
    expect(stdout.text).toMatch(/^CODE +TYPE +COUNT +OLDEST +NEWEST\n/);
    expect(stdout.text).toMatch(/UNROUTABLE +end\\u001b\[31m +1 +2 h +2 h\n/);
    expect(stdout.text + stderr.text).not.toContain("\u001b");
    expect(stderr.text).toBe("2 dead letters (scanned 2 of 2)\n");
  });

  it("show prints letters whole, as text and as JSON", async () => {
    const text = scene(["show", "--id", "id-1"]);
    expect(await text.code).toBe(0);
    expect(text.stdout.text).toMatch(
      /^id-1\n {2}failure +UNROUTABLE: .*\n[\s\S]* {2}meant for +\(default exchange\) live\n/,
    );
    const json = scene(["show", "--json", "--code", "UNROUTABLE", "--quiet"]);
    expect(await json.code).toBe(0);
    expect(JSON.parse(json.stdout.text)).toMatchObject({
      id: "id-1",
      event: { data: { n: 1, text: ESCAPE } },
    });
    expect(text.stdout.text + json.stdout.text + json.stderr.text).not.toContain("\u001b");
  });

  it("replay sends what is selected, says how much, and exits with 4 where something is left", async () => {
    const all = scene(["replay"], 3);
    expect(await all.code).toBe(4);
    expect(all.broker.depth("live")).toBe(2);
    expect(all.stderr.text).toMatch(
      /1 not replayed: TRANSPORT_UNROUTABLE: .*\n2 dead letters replayed, 1 left in the queue \(scanned 3 of 3, replay id /,
    );
    const some = scene(["replay", "--code", "UNROUTABLE", "--json", "--rate", "100"]);
    expect(await some.code).toBe(0);
    expect(JSON.parse(some.stdout.text)).toMatchObject({ replayed: 1, complete: true });
    const dry = scene(["replay", "--dry-run"]);
    expect(await dry.code).toBe(0);
    expect(dry.stderr.text).toMatch(/^2 dead letters would be replayed \(scanned 2 of 2\)/);
    expect(dry.broker.depth("live")).toBe(0);
    const elsewhere = scene(["replay", "--to=", "--to-key", "live"], 3);
    expect([await elsewhere.code, elsewhere.broker.depth("live")]).toEqual([0, 3]);
  });

  it("replay draws a bar on a terminal alone", async () => {
    const { code, stderr } = scene(["replay"], 2, { terminal: true });
    expect(await code).toBe(0);
    expect(stderr.text).toContain("[########################] 2 replayed");
  });

  // The first progress comes after 4.3 s, and the end another 4.4 s later.
  it("replay does not say that the broker is silent while letters are being replayed", async () => {
    const { code, stderr } = scene(["replay", "--to=", "--to-key", "live", "--rate", "60"], 520);
    expect(await code).toBe(0);
    expect(stderr.text).toMatch(/^520 dead letters replayed \(/);
  });

  it("purge takes nothing without a yes", async () => {
    const blind = scene(["purge"]);
    expect(await blind.code).toBe(2);
    expect(blind.stderr.text).toContain("give --yes");
    expect(blind.broker.depth("dlx.failed")).toBe(2);
    const sure = scene(["purge", "--yes", "--code", "UNROUTABLE"]);
    expect(await sure.code).toBe(0);
    expect(sure.stderr.text).toBe("1 dead letter purged (scanned 2 of 2)\n");
    expect(sure.broker.depth("dlx.failed")).toBe(1);
  });

  it.each([
    [["steal"], 2, "dlq takes one of list, show, replay, purge"],
    [["lst"], 2, "dlq takes one of list, show, replay, purge; did you mean list?"],
    [["list", "q"], 2, "dlq list takes no further word: the queue is --dead-letter-queue"],
    [["replay", "--to-key", "k"], 2, "--to-key needs --to"],
    [["list", "--since", "soon"], 2, "--since must be a time such as"],
    [["list", "--since", "1h", "--until", "2h"], 2, "--until is not after since"],
    [["purge", "--yes", "--to", "x"], 2, "--to is of dlq replay: purge does not take it"],
    [["list", "--dry-run"], 2, "--dry-run is of dlq replay and purge: list does not take it"],
    [["replay", "--journal", "/no/where"], 2, "--journal: the journal cannot be opened (ENOENT)"],
    [["replay", "--rate", "0"], 2, "--rate must be a whole number"],
    [["list", "--limit", "0"], 2, "--limit must be a whole number"],
  ])("%s ends with %d, and says what to write", async (args, exit, text) => {
    const { code, stderr } = scene(args);
    expect(await code).toBe(exit);
    expect(stderr.text).toContain(text);
  });

  it.each([
    ["rabbitmq-stream://localhost/", /^error: --url: a stream has no dead letters: .*\nstreamll dlq --help/],
    [
      "Endpoint=sb://localhost/;SharedAccessKeyName=a;SharedAccessKey=b",
      /^error: --dead-letter-exchange: is of RabbitMQ: .*\nstreamll dlq --help/,
    ],
  ])("says in one line why there are none to be had at %s", async (url, text) => {
    const { code, stderr } = command(["dlq", "list", url, "--dead-letter-exchange", "x"]);
    expect(await code).toBe(2);
    expect(stderr.text).toMatch(text);
  });

  it("wants to know which dead letters", async () => {
    const { code, stderr } = command(["dlq", "list"]);
    expect(await code).toBe(2);
    expect(stderr.text).toContain("--dead-letter-exchange");
  });
});
