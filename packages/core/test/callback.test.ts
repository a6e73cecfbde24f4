import { answerOf, faultOf, nameOfError, runCallback } from "@streamll/core/internal";
import { expect, it } from "vitest";

const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

it.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("mine");
    },
  ],
  ["is async and rejects", () => Promise.reject(new Error("mine"))],
  ["gives a revoked proxy", () => revoked],
])("a callback that %s is told to us and never reaches the host", async (_, callback) => {
  const failure = new Promise((resolve) => runCallback(callback, resolve));
  expect(nameOfError(await failure)).toMatch(/^(Error|TypeError)$/);
});

it("a function whose answer cannot be waited for counts as one that threw, and its rejection is handled", () => {
  const faultOfAnswer = (ask: () => unknown) => {
    try {
      return answerOf(ask);
    } catch (error) {
      return faultOf(error);
    }
  };
  expect(faultOfAnswer(() => Promise.reject(new Error("mine")))).toBe("is async, but must return at once");
  expect(faultOfAnswer(() => raise(new RangeError("secret")))).toBe("threw RangeError");
  const schema: unknown = JSON.parse('{ "if": {}, "then": {} }');
  expect(faultOfAnswer(() => schema)).toBe(schema);
});

it("an error without a name of its own has that of its class", () => {
  class QuotaExceeded extends Error {}
  expect(nameOfError(new QuotaExceeded("secret"))).toBe("QuotaExceeded");
});

it("an error that cannot be read has a name all the same", () => {
  expect(nameOfError(new TypeError("secret"))).toBe("TypeError");
  expect(nameOfError("secret")).toBe("string");
  expect(nameOfError(revoked)).toBe("something unreadable");
  const trap = Object.defineProperty(new Error("m"), "name", {
    get() {
      throw new Error("trap");
    },
  });
  expect(nameOfError(trap)).toBe("something unreadable");
});

function raise(error: Error): never {
  throw error;
}
