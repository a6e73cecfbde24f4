import { gzipSync } from "node:zlib";
import { parseEvent } from "@streamll/core";
import type { MemoryBroker } from "@streamll/transport-memory";
import { describe, expect, it, vi } from "vitest";
import { lineRenderer } from "../src/tail/render.js";
import { command, type Given } from "./support/shell.js";

const WAIT = { timeout: 20_000, interval: 20 };

async function tailing(args: readonly string[], given: Given = {}, broker?: (broker: MemoryBroker) => void) {
  const run = command(["tail", "memory:tail", "--exchange", "x", ...args], given);
  broker?.(run.broker);
  await vi.waitFor(() => expect(run.stderr.text).toContain("tailing x"), WAIT);
  return run;
}
const { MemoryBroker: Broker } = await import("@streamll/transport-memory");
const broker = Broker.named("tail");
broker.declareExchange("x");
const publish = (body: string, routingKey = "streamll.start.a") =>
  broker.publish({ exchange: "x", routingKey, body });

describe("streamll tail", () => {
  it("shows what comes from now on, and ends with Ctrl-C", async () => {
    publish('{"event_type":"start"}');
    const run = await tailing([]);
    publish(
      '{"event_type":"end","module_name":"RAG","operation":"answer","data":{"duration_ms":12.34,"n":1}}',
    );
    await vi.waitFor(
      () => expect(run.stdout.text).toMatch(/ end +RAG\.forward \/ answer 12\.3 ms \{"n":1\}\n$/),
      WAIT,
    );
    expect(run.stdout.text.split("\n")).toHaveLength(2);
    run.interrupt();
    expect(await run.code).toBe(130);
  });

  it("says that a pattern needs its flag", async () => {
    const { code, stderr } = command(["tail", "app.*.error"]);
    expect([await code, stderr.text]).toEqual([2, expect.stringContaining("a pattern is --pattern PATTERN")]);
  });

  it("--json gives the events as they came, a line each, up to --limit", async () => {
    const run = await tailing(["--json", "-n", "2", "--pattern", "*.start.*", "--pattern", "only"]);
    const pretty =
      '{\n  "event_type": "start",\r\n\t"data": {"big": 12345678901234567890, "c1": "\u009b31m"}\n}';
    publish('{"event_type":"end"}', "streamll.end.a");
    publish(pretty);
    publish('{"event_type":"b"}', "only");
    publish('{"event_type":"beyond"}', "only");
    expect(await run.code).toBe(0);
    const [first, second, rest] = run.stdout.text.split("\n");
    expect(first).toContain("12345678901234567890");
    expect(first).not.toContain("\u009b");
    expect(JSON.parse(first!).data.c1).toBe("\u009b31m");
    expect([second, rest]).toEqual(['{"event_type":"b"}', ""]);
  });

  it("shows each event of a compressed batch", async () => {
    const run = await tailing(["--json", "-n", "2"]);
    const body = gzipSync('[{"event_type":"a"},{"event_type":"b"}]');
    const packed = { contentType: "application/json", contentEncoding: "gzip" };
    broker.publish({ exchange: "x", routingKey: "k", body, ...packed });
    expect(await run.code).toBe(0);
    expect(run.stdout.text).toBe('{"event_type":"a"}\n{"event_type":"b"}\n');
  });

  it("shows once what several patterns match", async () => {
    const run = await tailing(["--json", "-n", "2", "--pattern", "#", "--pattern", "streamll.#"]);
    publish('{"event_type":"a"}');
    publish('{"event_type":"b"}');
    expect(await run.code).toBe(0);
    expect(run.stdout.text).toBe('{"event_type":"a"}\n{"event_type":"b"}\n');
  });

  it("tail reports once that a message is not an event, and goes on", async () => {
    const run = await tailing(["-n", "1"]);
    publish("hello");
    publish("{}");
    publish('{"event_type":"a"}');
    expect(await run.code).toBe(0);
    expect(run.stderr.text.match(/is not an event/g)).toHaveLength(1);
  });

  it.each([
    ['{"event_type":"__proto__"}', "__proto__ unknown.forward"],
    ['{"event_type":"constructor","operation":"__proto__"}', "constructor unknown.forward / __proto__"],
    [
      `{"event_type":"deep","data":{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`,
      'deep      unknown.forward {"a":[[[',
    ],
    ['{"event_type":"late","timestamp":"9999-12-31T23:59:59.999Z"}', "59:59.999"],
    ['{"event_type":"own","data":{"__proto__":{"n":1},"toJSON":1}}', '{"__proto__":{"n":1},"toJSON":1}'],
    [`{"event_type":"${"x".repeat(100_000)}"}`, "xx… unknown"],
  ])("shows any event, and what follows it (%#)", async (body, shown) => {
    const run = await tailing(["-n", "2"]);
    publish(body);
    publish('{"event_type":"next"}');
    expect(await run.code).toBe(0);
    const [line, next] = run.stdout.text.split("\n");
    expect(line).toContain(shown);
    expect(line!.length).toBeLessThan(400);
    expect(next).toContain("next");
  });

  it("without the exchange says what to do", async () => {
    const { code, stderr } = command(["tail", "--exchange", "none"]);
    expect(await code).toBe(1);
    expect(stderr.text).toMatch(/there is no exchange "none".*--exchange/);
    const byDefault = command(["tail", "--exchange", ""]);
    expect(await byDefault.code).toBe(2);
  });

  it("ends in good order when nobody reads it any more, and tells of a full disk", async () => {
    for (const [code, expected] of [
      ["EPIPE", 0],
      ["ENOSPC", 1],
    ] as const) {
      const run = await tailing([]);
      run.stdout.destroy(Object.assign(new Error("write failed"), { code }));
      expect(await run.code).toBe(expected);
    }
  });

  it("has colours on a terminal, and never in a pipe unless forced", async () => {
    const coloured = async (given: Given) => {
      const run = await tailing(["-n", "1"], given);
      publish('{"event_type":"start"}');
      await run.code;
      return run.stdout.text.includes("\u001b[");
    };
    expect(await coloured({ terminal: true })).toBe(true);
    expect(await coloured({ terminal: true, env: { NO_COLOR: "1" } })).toBe(false);
    expect(await coloured({ terminal: false })).toBe(false);
    expect(await coloured({ terminal: false, env: { FORCE_COLOR: "1" } })).toBe(true);
  });
});

describe("a line of tail", () => {
  it("lets nothing of the event steer the terminal", () => {
    const hostile = "\u001b]0;owned\u0007\u009b2J\r\n\u202e";
    const event = parseEvent({
      event_type: hostile,
      execution_id: hostile,
      module_name: hostile,
      method_name: hostile,
      operation: hostile,
      data: { [hostile]: hostile },
    });
    const text = lineRenderer(false, 1000)(event);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain("\\u001b]0;owned");
  });

  it("is cut to the terminal's width", () => {
    const event = parseEvent({ event_type: "start", data: { text: "x".repeat(500) } });
    expect(lineRenderer(false, 100)(event).length).toBeLessThan(100);
  });
});
