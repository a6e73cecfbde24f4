import { inherits } from "node:util";
import { runInNewContext } from "node:vm";
import {
  isError,
  isPlainObject,
  isStreamllError,
  isTransportError,
  plainJson,
  textOf,
} from "@streamll/core/internal";
import { describe, expect, it } from "vitest";
import { snapshot } from "../src/context/snapshot.js";
import { createEvent, instrument, TransportError } from "../src/index.js";
import { record } from "./context/recorder.js";

/** What a program in a realm of its own makes. */
const elsewhere = (program: string) => runInNewContext(program, { ReadableStream, DOMException });

function OldError(this: Error, message: string) {
  Error.captureStackTrace(this);
  this.message = message;
}
inherits(OldError, Error);

const errors: [what: string, error: unknown][] = [
  ["an error", new Error("no")],
  ["an error of another realm", elsewhere("new Error('no')")],
  ["an error of a class of another realm", elsewhere("class Lost extends TypeError {}; new Lost('no')")],
  ["an error that util.inherits made", new (OldError as unknown as new (message: string) => Error)("no")],
  [
    "an error that another realm made by its prototype",
    elsewhere("Object.assign(Object.create(RangeError.prototype), { message: 'no' })"),
  ],
  ["a DOMException", new DOMException("no", "AbortError")],
];

describe("an error is known as one", () => {
  it.each(errors)("when it is %s", (_, error) => {
    expect(isError(error)).toBe(true);
    expect(textOf(error)).toBe("no");
    expect(JSON.parse(plainJson(error, 1000)!)).toMatchObject({ message: "no" });
    expect(snapshot(error, 1000)).toMatchObject({ message: "no" });
  });

  it.each([
    ["null", null],
    ["text", "Error: no"],
    ["an object with the same fields", { name: "Error", message: "", stack: "" }],
    ["a proxy that would answer", new Proxy({}, { getPrototypeOf: () => Error.prototype })],
    [
      "an object whose class has a proxy above it",
      Object.create(
        new Proxy(
          {},
          {
            getPrototypeOf() {
              throw new Error("asked");
            },
          },
        ),
      ),
    ],
  ])("and %s is none", (_, value) => {
    expect(isError(value)).toBe(false);
  });
});

describe("the text of what a program of another realm threw", () => {
  it("tells all its reasons where every address of a host was tried", () => {
    const error = elsewhere("new AggregateError([new Error('a refused'), new Error('b refused')])");
    expect(textOf(error)).toBe("a refused; b refused");
  });

  it("needs no text", () => {
    expect(textOf(Object.create(null))).toBe("something unreadable was thrown");
  });
});

it("a plain object is one of whatever realm, and one of a class is none", () => {
  expect(isPlainObject({})).toBe(true);
  expect(isPlainObject(elsewhere("({ a: 1 })"))).toBe(true);
  for (const other of [
    null,
    [],
    new Map(),
    new Date(),
    Object.create({}),
    new (class {})(),
    new Proxy({}, {}),
  ])
    expect(isPlainObject(other)).toBe(false);
  for (const other of ["[]", "new Map()", "new Error()", "new (class {})()"])
    expect(isPlainObject(elsewhere(other))).toBe(false);
});

it("an error of another copy of this package is known by what it carries", async () => {
  const copy = (await import("../src/errors.js?copy" as string)) as typeof import("../src/errors.js");
  const wrongOption = new copy.ConfigurationError([{ option: "queue", message: "is wrong" }]);
  const refused = new copy.TransportError("auth", "wrong password", { permanent: true });
  expect(refused).not.toBeInstanceOf(TransportError);
  expect([wrongOption, refused].map(isStreamllError)).toEqual([true, true]);
  expect([wrongOption, refused].map(isTransportError)).toEqual([false, true]);
});

describe("a call that gives what another realm made", () => {
  it("ends when its promise settles", async () => {
    const recorder = record({});
    await instrument(() => elsewhere("Promise.resolve('done')"))();
    expect(recorder.one("end").data).toMatchObject({ outputs: "done" });
  });

  it("fails with the error's class and message", async () => {
    const recorder = record({});
    const fail = instrument(() => elsewhere("Promise.reject(new TypeError('no'))"));
    await expect(fail()).rejects.toMatchObject({ message: "no" });
    expect(recorder.one("error").data).toMatchObject({ error_type: "TypeError", error_message: "no" });
  });

  it("shows Map, Set, Date and bytes as it shows its own", () => {
    const data = elsewhere(
      "({ map: new Map([['a', 1]]), set: new Set([1]), date: new Date(0), bytes: new Uint8Array([1]), error: new Error('no') })",
    );
    const { data: shown } = JSON.parse(plainJson(createEvent({ eventType: "step", data }), 10_000)!);
    expect(shown).toMatchObject({
      map: { a: 1 },
      set: [1],
      date: "1970-01-01T00:00:00.000Z",
      bytes: "AQ==",
      error: { message: "no" },
    });
    expect(createEvent({ eventType: "step", timestamp: elsewhere("new Date(0)") }).timestamp).toBe(
      "1970-01-01T00:00:00.000Z",
    );
  });
});
