import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topicMatches, wordsOf } from "../../src/routing/topic.js";

const matches = (pattern: string, key: string) => topicMatches(wordsOf(pattern), wordsOf(key));

describe("a topic pattern", () => {
  it.each([
    ["streamll.*.*", "streamll.end.search"],
    ["streamll.#", "streamll"],
    ["streamll.#", "streamll.end.search.deep"],
    ["#", ""],
    ["#", "a"],
    ["#.#", ""],
    ["*", "a"],
    ["*.#", "a"],
    ["#.a", "a"],
    ["#.a.#", "x.a.y.z"],
    ["#.a.*.b", "a.b.a.x.b"],
    ["a.#.b", "a.b"],
    ["a.#.b", "a.b.b"],
    ["", ""],
    ["a..b", "a..b"],
    ["a.*.b", "a..b"],
    ["*.*", "."],
    ["a#", "a#"],
  ])("%j matches %j", (pattern, key) => expect(matches(pattern, key)).toBe(true));

  it.each([
    ["streamll.*.*", "streamll.end"],
    ["streamll.*", "streamll.end.search"],
    ["*", ""],
    ["*", "a.b"],
    ["*.*", "a"],
    ["#.a", "a.b"],
    ["a.#.b", "a"],
    ["a.#.b", "b"],
    ["a*", "ab"],
    ["a#", "ab"],
    ["", "a"],
    ["A", "a"],
  ])("%j does not match %j", (pattern, key) => expect(matches(pattern, key)).toBe(false));

  it("matches what the rule of AMQP says, word by word", () => {
    const key = fc.array(fc.constantFrom("a", "b", ""), { maxLength: 8 });
    const pattern = fc.array(fc.constantFrom("a", "b", "", "*", "#"), { maxLength: 6 });
    fc.assert(
      fc.property(pattern, key, (wanted, words) => {
        const [p, k] = [wanted.join("."), words.join(".")];
        expect(matches(p, k)).toBe(naive(split(p), split(k)));
      }),
      { numRuns: 5000 },
    );
  });

  it("costs little however often # stands in it", () => {
    expect(matches(`${"#.a.".repeat(40)}b`, "a.".repeat(120).slice(0, -1))).toBe(false);
  });
});

const split = (text: string) => (text === "" ? [] : text.split("."));

/** The rule as it stands in the specification of AMQP 0-9-1, 3.1.3.3, without a thought for its cost. */
function naive([wanted, ...others]: readonly string[], words: readonly string[]): boolean {
  if (wanted === undefined) return words.length === 0;
  if (wanted === "#") return words.some((_, n) => naive(others, words.slice(n))) || naive(others, []);
  return words.length > 0 && (wanted === "*" || wanted === words[0]) && naive(others, words.slice(1));
}
