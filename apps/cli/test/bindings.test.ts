import { describe, expect, it } from "vitest";
import { UsageError } from "../src/exit.js";
import { bindingsOf } from "../src/tail/bindings.js";

const exchangeOf = (exchangeType: string | undefined, args?: Record<string, unknown>) => ({
  exchange: "x",
  exchangeType,
  exchangeArguments: args,
});
const delayedBy = (type: string) => exchangeOf("x-delayed-message", { "x-delayed-type": type });

describe("what tail binds", () => {
  it.each<[string | undefined, string[], unknown]>([
    [undefined, [], [{ pattern: "#" }]],
    ["topic", [], [{ pattern: "#" }]],
    ["topic", ["a.*", "b"], [{ pattern: "a.*" }, { pattern: "b" }]],
    ["direct", ["a", "b.c*d"], [{ pattern: "a" }, { pattern: "b.c*d" }]],
    ["fanout", [], [{ pattern: "" }]],
    ["headers", [], [{ pattern: "", arguments: { "x-match": "all" } }]],
    ["x-recent-history", [], [{ pattern: "" }]],
  ])("to an exchange of type %s for the patterns %j is %j", (type, patterns, bindings) => {
    expect(bindingsOf(exchangeOf(type), patterns)).toEqual(bindings);
    if (type !== undefined) expect(bindingsOf(delayedBy(type), patterns)).toEqual(bindings);
  });

  it.each<[string, string[], string]>([
    ["direct", [], "an exchange of type direct compares full keys: name each with --pattern"],
    ["direct", ["a", "#"], "an exchange of type direct compares full keys: name each with --pattern"],
    ["fanout", ["a"], "an exchange of type fanout ignores routing keys: leave out --pattern"],
    ["headers", ["#"], "an exchange of type headers ignores routing keys"],
    [
      "x-consistent-hash",
      [],
      "sends each event to one of its queues: tail would take events from the others",
    ],
    ["x-modulus-hash", [], "tail would take events"],
    ["x-random", [], "tail would take events"],
    ["x-local-random", ["a"], "tail would take events"],
    ["x-jms-topic", [], 'the sink does not know how "x-jms-topic" routes: tail cannot bind to the exchange'],
    ["topic", ["ä".repeat(128)], "--pattern must have at most 255 bytes"],
  ])("to an exchange of type %s for the patterns %j is nothing", (type, patterns, message) => {
    for (const exchange of [exchangeOf(type), delayedBy(type)]) {
      const binding = () => bindingsOf(exchange, patterns);
      expect(binding).toThrow(UsageError);
      expect(binding).toThrow(message);
    }
  });

  it("to an exchange that delays, and does not say how it routes, is nothing", () => {
    expect(() => bindingsOf(exchangeOf("x-delayed-message"), [])).toThrow(
      `add --exchange-arguments '{"x-delayed-type":"topic"}'`,
    );
  });
});
