import { ConfigurationError, createEvent, type EventInput } from "@streamll/core";
import { compileTemplate } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

const key = (template: string, fields: Partial<EventInput> = {}) =>
  compileTemplate(template).render(createEvent({ eventType: "end", ...fields }));

const moduleName = (name: string) => key("m.{module_name}", { moduleName: name });

describe("a routing key", () => {
  it("is filled from the event", () => {
    const fields = {
      eventId: "id1",
      executionId: "run1",
      moduleName: "RAG",
      methodName: "answer",
      operation: "search",
      tags: { team: "core", "a.b": "dotted" },
      data: { user: { plan: "pro" }, list: ["first"], n: 7, yes: true, big: 10n },
    };
    expect(
      key("{event_id}.{execution_id}.{module_name}.{method_name}.{event_type}.{operation}", fields),
    ).toBe("id1.run1.RAG.answer.end.search");
    expect(key("{tags.team}.{tags.a.b}.{data.user.plan}.{data.list.0}", fields)).toBe(
      "core.dotted.pro.first",
    );
    expect(key("{data.n}.{data.yes}.{data.big}", fields)).toBe("7.true.10");
    expect(key("app-{event_type}-x.{event_type}{operation}", fields)).toBe("app-end-x.endsearch");
  });

  it("is the template itself where that has no placeholder, also an empty one", () => {
    expect(key("orders.created")).toBe("orders.created");
    expect(key("")).toBe("");
  });

  it("has unknown for what is missing, null, empty or no plain value", () => {
    expect(key("{operation}.{tags.team}.{data.a.b}.{data.list}")).toBe("unknown.unknown.unknown.unknown");
    expect(moduleName("")).toBe("m.unknown");
    const data = { list: [], nan: Number.NaN, none: null, date: new Date(0) };
    expect(key("{data.list}.{data.nan}.{data.none}.{data.date}", { data })).toBe(
      "unknown.unknown.unknown.unknown",
    );
  });

  it("takes nothing from prototypes, and survives what throws", () => {
    expect(key("{data.constructor.name}.{tags.toString}.{data.__proto__.x}")).toBe("unknown.unknown.unknown");
    const data = {
      get trap(): string {
        throw new Error("trap");
      },
      proxy: new Proxy(
        {},
        {
          getOwnPropertyDescriptor() {
            throw new Error("trap");
          },
        },
      ),
    };
    expect(key("{data.trap}.{data.proxy.x}", { data })).toBe("unknown.unknown");
  });

  it.each([
    ["a.b", "m.a_b"],
    ["#", "m._"],
    ["*", "m._"],
    ["a b\tc\n", "m.a_b_c_"],
    ["Ünï", "m._n_"],
    ["🐰x", "m._x"],
    ["{event_type}", "m._event_type_"],
    ["\ud800", "m._"],
    ["a-b_C9", "m.a-b_C9"],
  ])("never gains a word or a wildcard by a value: %j", (name, expected) => {
    expect(moduleName(name)).toBe(expected);
  });

  it("has at most 80 characters of a value", () => {
    expect(moduleName("x".repeat(300))).toBe(`m.${"x".repeat(80)}`);
    expect(moduleName("🐰".repeat(300))).toBe(`m.${"_".repeat(80)}`);
    expect(moduleName(`x${"🐰".repeat(300)}`)).toBe(`m.x${"_".repeat(79)}`);
  });

  it("has at most 255 bytes: the longest values are cut further, and the words stay", () => {
    const long = "x".repeat(80);
    const words = "{data.a}.{data.b}.{data.c}.{data.d}.{event_type}";
    const rendered = key(words, { data: { a: long, b: long, c: long, d: long } });
    expect(rendered).toBe(`${`${"x".repeat(62)}.`.repeat(4)}end`);
    const literal = "é".repeat(100);
    const tight = key(`${literal}.{data.a}.{data.b}`, { data: { a: long, b: long } });
    expect(tight).toBe(`${literal}.${"x".repeat(26)}.${"x".repeat(26)}`);
    expect(Buffer.byteLength(tight)).toBeLessThanOrEqual(255);
  });
});

describe("a template's binding and head", () => {
  it.each([
    ["streamll.{event_type}.{operation}", "streamll.*.*", "streamll"],
    ["errors.{module_name}", "errors.*", "errors"],
    ["team.rag.{data.user.plan}.x", "team.rag.*.x", "team.rag"],
    ["{event_type}.a", "*.a", ""],
    ["a.b-{event_type}-{operation}.c", "a.*.c", "a"],
    ["orders.created", "orders.created", "orders.created"],
    ["", "", ""],
  ])("%s binds as %s", (template, binding, literalHead) => {
    expect(compileTemplate(template)).toMatchObject({ binding, literalHead });
  });

  it("has its placeholders by name, in order", () => {
    expect(compileTemplate("{operation}.{data.a.b}.{operation}").placeholders).toEqual([
      "operation",
      "data.a.b",
      "operation",
    ]);
  });
});

describe("a template that is wrong", () => {
  const problemOf = (template: string) => {
    try {
      compileTemplate(template, { option: "deadLetterRoutingKey" });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      const [problem, ...others] = (error as ConfigurationError).problems;
      expect(others).toEqual([]);
      expect(problem!.option).toBe("deadLetterRoutingKey");
      return problem!.message;
    }
    return expect.unreachable("it compiled");
  };

  it.each([
    ["a.{event_typ}", "unknown placeholder {event_typ}; known are event_id,", 3],
    ["{}", "unknown placeholder {}", 1],
    ["{ event_type }", "unknown placeholder { event_type }", 1],
    ["{eventType}", "unknown placeholder {eventType}", 1],
    ["x.{tags.}", "unknown placeholder {tags.}", 3],
    ["{data}", "unknown placeholder {data}", 1],
    ["{data..a}", "unknown placeholder {data..a}", 1],
    ["{__proto__}", "unknown placeholder {__proto__}", 1],
    ["a.{event_type", "this { is not closed", 2],
    ["a.{b{event_type}", "this { is not closed", 2],
    ["a.event_type}", "this } closes nothing", 12],
    ["{event_type}}", "this } closes nothing", 12],
    ["a.*.{event_type}", "the word * is a wildcard of bindings", 2],
    ["{event_type}.#", "the word # is a wildcard of bindings", 13],
    ["a\n.{nope}", "unknown placeholder {nope}", 4],
  ])("%j: shown with its place marked", (template, message, at) => {
    const [first, shown, caret] = problemOf(template).split("\n");
    expect(first).toContain(message);
    expect(shown).toBe(`  ${template.replace("\n", " ")}`);
    expect(caret).toBe(`  ${" ".repeat(at)}^`);
  });

  it("lists what may be written", () => {
    expect(problemOf("{x}")).toContain(
      "event_id, execution_id, module_name, method_name, event_type, operation, tags.NAME and data.PATH",
    );
  });

  it("leaves no room for its values in 255 bytes", () => {
    expect(problemOf(`${"é".repeat(127)}.{event_type}`)).toContain("at most 255 bytes");
    expect(problemOf("x".repeat(256))).toContain("is too long");
    expect(() => compileTemplate(`${"x".repeat(253)}.{event_type}`)).not.toThrow();
    expect(() => compileTemplate("x".repeat(255))).not.toThrow();
  });

  it("does not mind * and # inside a word", () => {
    expect(key("a*b.c#.{event_type}*")).toBe("a*b.c#.end*");
  });
});
