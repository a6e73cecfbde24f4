import { inspect } from "node:util";
import {
  ConfigurationError,
  DeliveryError,
  InvalidEventError,
  type LogFields,
  TransportError,
} from "@streamll/core";
import {
  guarded,
  printable,
  quoted,
  redacted,
  redactedDeeply,
  told,
  warnProcess,
} from "@streamll/core/internal";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/;

describe("a refused value", () => {
  it.each([
    ["many", '"many"'],
    ["amqp://u:S3cret@h/", '"amqp:…"'],
    ["rabbitmq-stream:/u:S3cret@h/", '"rabbitmq-stream:…"'],
    ["u:S3cret@h:5672", '"u:…"'],
    ["//u:S3cret@h/", '"//u:…"'],
    ["amqp%3A%2F%2Fu%3AS3cret%40h", '"amqp:…"'],
    ["u%3aS3cret", '"u:…"'],
    ["SharedAccessKey=S3cret;Endpoint=sb://h", '"…"'],
    ["password=S3cret", '"…"'],
    ["two\nlines\u001b[2J", String.raw`"two\nlines\u001b[2J"`],
    ["\u202e\u009b", String.raw`"\u202e\u009b"`],
    ["x".repeat(100), `"${"x".repeat(60)}…"`],
  ])("%s is repeated as %s", (value, shown) => expect(quoted(value)).toBe(shown));
});

describe("a value in use", () => {
  it.each([
    ["Shop.Events:OrderPlaced", "Shop.Events:OrderPlaced"],
    ["streamll@host:4711", "streamll@host:4711"],
    ["team a/b", "team a/b"],
    ["amqp://u:S3cret@h/", "amqp:…"],
    ["amqp://u:S3cret", "amqp:…"],
    ["rabbitmq-stream:/u:S3 cret@h/", "rabbitmq-stream:…"],
    ["u:S3 cret@h:5672", "u:***@h:5672"],
    ["u%3AS3cret@h", "u:***@h"],
    ["Endpoint=x;SharedAccessKey=S3cret=;EntityPath=q", "Endpoint=x;SharedAccessKey=***;EntityPath=q"],
  ])("%s is shown as %s", (value, shown) => {
    expect(redacted(value)).toBe(shown);
    expect(redactedDeeply({ [value]: [value, 1, null] })).toEqual({ [shown]: [shown, 1, null] });
  });
});

describe("a sentence", () => {
  it.each([
    ["amqp://u:S3cret@h:5672/v: connect ECONNREFUSED", "amqp://u:***@h:5672/v: connect ECONNREFUSED"],
    ["amqp://u:S3@cret@h/: no", "amqp://u:***@h/: no"],
    [
      "(amqp://user@h/) is a name alone, as is amqp://user@h/",
      "(amqp:***@h/) is a name alone, as is amqp://user@h/",
    ],
    ["//u://S3cret@h/ and u:S3://cret@h", "//u:***@h/ and u:***@h"],
    ["cannot reach u:S3cret@h, nor a:S3cret@b", "cannot reach u:***@h, nor a:***@b"],
    ["amqp://u:***@h/: mail to ops@example.org", "amqp://u:***@h/: mail to ops@example.org"],
    ["streamll@host:12#0 is gone", "streamll@host:12#0 is gone"],
    ["invalid token=S3cret in ?sig=S3cret&se=1", "invalid token=*** in ?sig=***&se=1"],
    ["one\ntwo\u001b[2J", String.raw`one\u000atwo\u001b[2J`],
  ])("%s is told as %s", (sentence, expected) => {
    expect(told(sentence)).toBe(expected);
    expect(told(told(sentence))).toBe(expected);
  });

  it("is bounded", () => {
    expect(told("x".repeat(1_000_000)).length).toBeLessThan(5000);
  });
});

it("no URL with a password comes through, and no control character, whatever is around", () => {
  const piece = fc.string({ unit: "binary", maxLength: 20 });
  const word = fc.string({ unit: fc.constantFrom(..."aZ09._/@?#%-"), maxLength: 12 });
  const scheme = fc.constantFrom("amqp://", "amqps://", "rabbitmq-stream:/", "x+y:", "//", "");
  fc.assert(
    fc.property(piece, scheme, word, word, (around, prefix, before, after) => {
      // u://name@host is a URL without a password.
      fc.pre(prefix !== "" || !before.startsWith("//"));
      const url = `${prefix}u:${before}S3cret${after}@h/`;
      for (const shown of [quoted(url), redacted(url), told(`${around} ${url} ${around}`)]) {
        expect(shown).not.toContain("S3cret");
        expect(shown).not.toMatch(control);
      }
    }),
    { numRuns: 1000 },
  );
}, 120_000);

describe("what an error says", () => {
  const hostile = "two\nlines\u001b[2J of amqp://u:S3cret@h/";
  it.each([
    new TransportError("protocol", hostile),
    new DeliveryError("REJECTED", hostile),
    new InvalidEventError(`tags.${hostile}`, "is a number; write a string"),
  ])("has no control character and no password: %s", (error) => {
    expect(error.message).toContain(String.raw`two\u000alines\u001b[2J of amqp://u:***@h/`);
    expect(inspect(error)).not.toContain("S3cret");
    expect(error.stack).not.toContain("\u001b");
  });

  it("of options keeps its lines, and has those of no value", () => {
    const error = new ConfigurationError([
      { option: "x\n\u001b", message: "is wrong\n  a {\n    ^" },
      { option: "y", message: "\u009b" },
    ]);
    expect(error.message.split("\n")).toEqual([
      "2 problems:",
      String.raw`  x\u000a\u001b: is wrong`,
      "    a {",
      "      ^",
      String.raw`  y: \u009b`,
    ]);
    expect(error.problems[1]).toEqual({ option: "y", message: String.raw`\u009b` });
  });
});

describe("a line of the log", () => {
  it("has neither, whoever says it, in its fields either; and a logger that throws is let be", () => {
    const lines: unknown[] = [];
    const keep = (fields: LogFields, message: string) => {
      lines.push({ ...fields, message });
      throw new Error("full disk");
    };
    const logger = guarded({ debug: keep, info: keep, warn: keep, error: keep });
    logger.warn({ endpoint: "amqp://u:S3cret@h/\n", lane: 1 }, "lost amqp://u:S3cret@h/\u001b");
    expect(lines).toEqual([
      {
        endpoint: String.raw`amqp://u:***@h/\u000a`,
        lane: 1,
        message: String.raw`lost amqp://u:***@h/\u001b`,
      },
    ]);
  });

  it("without a logger is a warning of the process, and the same", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    warnProcess("tags.a\nb of u:S3cret@h");
    expect(warn.mock.calls).toEqual([[String.raw`tags.a\u000ab of u:***@h`, "StreamllWarning"]]);
    warn.mockRestore();
  });
});

it("what is printable stays as it is", () => {
  expect(printable("größer 🐰 日本")).toBe("größer 🐰 日本");
});
