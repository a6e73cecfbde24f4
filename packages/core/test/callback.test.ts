import { nameOfError, runCallback } from "@streamll/core/internal";
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
