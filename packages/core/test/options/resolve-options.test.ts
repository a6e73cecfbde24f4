import { describe, expect, it } from "vitest";
import {
  boolean,
  choice,
  count,
  duration,
  isRefusal,
  type OptionTable,
  orFalse,
  Refusal,
  resolveOptions,
  size,
  text,
} from "../../src/options.js";

const table = {
  length: { kind: count(1, 10), default: 5, about: "How many." },
  pause: { kind: duration("s", { min: 0, max: 60 }), about: "How long." },
  room: { kind: size(1, 1024), default: "1KiB", about: "How much." },
  mode: { kind: orFalse(choice("fast", "safe")), about: "How." },
  key: { kind: text(), secret: true, about: "For whom." },
  flag: { kind: boolean, default: false, about: "Whether." },
} satisfies OptionTable;

const problemsOf = (given: object) => {
  try {
    resolveOptions(table, given);
    return [];
  } catch (error) {
    return (error as { problems: { option: string; message: string }[] }).problems.map(
      ({ option, message }) => `${option}: ${message}`,
    );
  }
};

describe("options of a table", () => {
  it("are resolved to milliseconds and bytes, with their defaults", () => {
    expect(resolveOptions(table, { pause: "2s", mode: false })).toEqual({
      length: 5,
      pause: 2000,
      room: 1024,
      mode: false,
      flag: false,
    });
  });

  it("are refused all together, each with what it must be and without a secret", () => {
    expect(problemsOf({ length: 11, pause: "soon", mode: "slow", key: "", other: 1 })).toEqual([
      "length: must be a whole number from 1 to 10; got 11",
      'pause: must be 0 to 60 seconds, as a number in seconds or a string such as "5s"; got "soon"',
      'mode: must be false or one of "fast", "safe"; got "slow"',
      "key: must be a non-empty string; got ***",
      "other: is not an option of this transport",
    ]);
  });
});

describe("a refusal", () => {
  it("is known by its brand, also where another copy of this package made it", () => {
    const copy = Object.create({ [Symbol.for("@streamll/core.refusal")]: true });
    expect(isRefusal(copy)).toBe(true);
    expect(isRefusal(new Refusal("is wrong"))).toBe(true);
    for (const value of [undefined, null, "x", {}, new Error("x")]) expect(isRefusal(value)).toBe(false);
  });
});
