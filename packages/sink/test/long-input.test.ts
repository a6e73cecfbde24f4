import { closestName } from "@streamll/connection/internal";
import { parseDuration, parseSize } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";
import { sinkOptionsFromEnv } from "../src/index.js";
import { optionNames, rowOf, variablesFor } from "./option-rows.js";
import { problemsOf } from "./problems.js";

/** What a pattern that tries each beginning anew is slow on: at this length it would take minutes. */
const long = [
  "1",
  ".",
  "1.",
  "e",
  "-",
  "_",
  " ",
  ":",
  "@",
  "=",
  ",",
  "{",
  "}",
  "{}",
  "{a",
  "a.",
  "*",
  "[",
  '"',
  "\\",
  "\n",
  "é",
].map((piece) => piece.repeat(300_000 / piece.length));

describe("text of 300 kB", () => {
  const inText = optionNames.filter((option) => variablesFor(option).length > 0);

  it.each(inText)(
    "in the variable of %s is refused, or taken, at once and in a few words",
    (option) => {
      const [variable] = variablesFor(option);
      for (const text of [...long, `${"1".repeat(300_000)}x`]) {
        try {
          sinkOptionsFromEnv({ [variable!]: text });
        } catch (error) {
          expect((error as Error).message.length).toBeLessThan(1000);
        }
        for (const problem of problemsOf({ [option]: rowOf(option).kind.fromText!(text) }))
          expect(problem.length).toBeLessThan(1000);
      }
    },
    120_000,
  );

  it("is no duration, no size and no name", () => {
    for (const text of [...long, `${"1".repeat(300_000)}s`]) {
      expect(() => parseDuration(text)).toThrow("is no duration");
      expect(() => parseSize(text)).toThrow("is no size");
      expect(closestName(text, optionNames)).toBeUndefined();
      expect(problemsOf({ [text]: 1 }).join().length).toBeLessThan(5000);
    }
  });

  it("in a variable that is nobody's is passed over", () => {
    expect(sinkOptionsFromEnv(Object.fromEntries(long.map((text) => [`RABBITMQ_${text}`, "x"])))).toEqual({});
  });
});
