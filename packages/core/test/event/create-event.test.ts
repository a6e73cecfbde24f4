import { createEvent, InvalidEventError, parseEvent } from "@streamll/core";
import { describe, expect, it } from "vitest";

const id = /^[A-Za-z0-9_-]{12}$/;

function errorOf(given: unknown): InvalidEventError {
  try {
    parseEvent(given);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidEventError);
    return error as InvalidEventError;
  }
  return expect.unreachable("it was taken for an event");
}

describe("an event", () => {
  it("needs its type alone; everything else has a default", () => {
    const event = createEvent({ eventType: "start" });
    expect(event).toEqual({
      eventId: expect.stringMatching(id),
      executionId: expect.stringMatching(id),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      moduleName: "unknown",
      methodName: "forward",
      eventType: "start",
      operation: null,
      data: {},
      tags: {},
    });
    expect(Math.abs(Date.parse(event.timestamp) - Date.now())).toBeLessThan(5000);
    expect("parentId" in event).toBe(false);
  });

  it("keeps what it is given", () => {
    const given = {
      eventId: "a",
      executionId: "b",
      timestamp: "2025-08-21T10:00:00.123456+02:00",
      moduleName: "RAG",
      methodName: "answer",
      eventType: "my.own type",
      operation: "search",
      data: { n: 1 },
      tags: { team: "search" },
      parentId: "c",
    };
    expect(createEvent(given)).toEqual(given);
  });

  it("takes run and parent from the call around it, unless it has its own", () => {
    const context = { executionId: "run", parentId: "call" };
    expect(createEvent({ eventType: "end" }, context)).toMatchObject(context);
    const own = { executionId: "mine", parentId: "above" };
    expect(createEvent({ eventType: "end", ...own }, context)).toMatchObject(own);
  });

  it("in one form or the other is the same event", () => {
    const wire = {
      event_id: "a",
      execution_id: "b",
      timestamp: "2025-08-21T10:00:00Z",
      module_name: "RAG",
      method_name: "answer",
      event_type: "end",
      operation: "search",
      data: { n: 1 },
      tags: { team: "search" },
      parent_id: "c",
    };
    expect(parseEvent(wire)).toEqual(
      createEvent({
        eventId: "a",
        executionId: "b",
        timestamp: "2025-08-21T10:00:00Z",
        moduleName: "RAG",
        methodName: "answer",
        eventType: "end",
        operation: "search",
        data: { n: 1 },
        tags: { team: "search" },
        parentId: "c",
      }),
    );
  });

  it("has the default for null as for what is missing, and a new id for an empty one", () => {
    const nulls = {
      event_type: "end",
      event_id: null,
      execution_id: "",
      timestamp: null,
      module_name: null,
      method_name: null,
      operation: null,
      data: null,
      tags: null,
      parent_id: null,
    };
    expect(parseEvent(nulls)).toEqual({
      ...parseEvent({ event_type: "end" }),
      eventId: expect.stringMatching(id),
      executionId: expect.stringMatching(id),
      timestamp: expect.any(String),
    });
  });

  it("leaves out what no event has", () => {
    const event = parseEvent({ event_type: "end", duration: 5, [Symbol("s")]: 1 });
    expect(Object.keys(event)).not.toContain("duration");
  });

  it("with a key named __proto__ pollutes nothing", () => {
    const given = JSON.parse('{"event_type":"end","__proto__":{"eventId":"x"},"tags":{"__proto__":"t"}}');
    const event = parseEvent(given);
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(event.tags, "__proto__")?.value).toBe("t");
    expect(({} as Record<string, unknown>).eventId).toBeUndefined();
  });
});

describe("an invalid event", () => {
  it.each([
    [undefined, "not undefined"],
    [null, "not null"],
    ["start", "not a string"],
    [5, "not a number"],
    [[], "not a list"],
    [() => {}, "not a function"],
  ])("%o: what an event looks like is said", (given, found) => {
    const error = errorOf(given);
    expect(error).toMatchObject({ code: "INVALID_EVENT", field: "" });
    expect(error.message).toBe(`an event is an object such as { eventType: "start" }, ${found}`);
  });

  it.each([
    [{}, "event_type", "is missing; write a string"],
    [{ eventType: "" }, "event_type", "is empty; write a string"],
    [{ eventType: 7 }, "event_type", "is a number; write a string"],
    [{ eventType: "end", eventId: 7 }, "event_id", "is a number; write a string"],
    [{ event_type: "end", event_id: {} }, "event_id", "is an object"],
    [{ eventType: "end", executionId: 1n }, "execution_id", "is a bigint"],
    [{ eventType: "end", moduleName: [] }, "module_name", "is a list"],
    [{ eventType: "end", methodName: true }, "method_name", "is a boolean"],
    [{ eventType: "end", operation: () => {} }, "operation", "is a function"],
    [{ eventType: "end", parentId: Symbol("secret") }, "parent_id", "is a symbol"],
    [{ eventType: "end", data: "secret" }, "data", "is a string; write an object"],
    [{ eventType: "end", data: ["secret"] }, "data", "is a list"],
    [{ eventType: "end", tags: "secret" }, "tags", "is a string; write an object of strings"],
    [{ eventType: "end", tags: ["secret"] }, "tags", "is a list"],
    [{ eventType: "end", tags: new Map() }, "tags", "is an object"],
    [{ eventType: "end", tags: { retries: 3 } }, "tags.retries", "is a number; write a string"],
    [{ eventType: "end", tags: { none: null } }, "tags.none", "is null"],
    [{ eventType: "end", timestamp: "secret" }, "timestamp", "is a string that is no time; write RFC 3339"],
    [{ eventType: "end", timestamp: {} }, "timestamp", "is an object that is no time"],
  ])("%o: the field is named, and its value never", (given, field, message) => {
    const error = errorOf(given);
    expect(error).toMatchObject({ code: "INVALID_EVENT", field });
    expect(error.message).toMatch(new RegExp(`^${field}: ${message}`));
    expect(error.message).not.toContain("secret");
  });

  it("is an object that throws when it is read, whatever it throws", () => {
    const hostile = (thrown: unknown) =>
      new Proxy(
        { field: 1 },
        {
          get() {
            throw thrown;
          },
        },
      );
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const given of [hostile(new Error("secret")), hostile(undefined), hostile(revoked), revoked]) {
      expect(errorOf(given).message).toBe("an event of which a getter threw");
    }
    expect(errorOf({ event_type: "end", tags: hostile(revoked) }).message).toContain("a getter threw");
  });

  it("has the name of a tag cut where it is long", () => {
    expect(errorOf({ event_type: "end", tags: { ["k".repeat(5000)]: 1 } }).message.length).toBeLessThan(200);
  });
});
