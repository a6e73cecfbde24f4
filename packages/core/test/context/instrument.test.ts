import "reflect-metadata";
import { EventEmitter } from "node:events";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ConfigurationError, emit, instrument } from "../../src/index.js";
import { record } from "./recorder.js";

class Store {
  static made = 0;
  static #registry = new Set<Store>();
  readonly #documents = new Map([["a", 1]]);

  constructor() {
    Store.made++;
    Store.#registry.add(this);
  }

  static count() {
    return Store.#registry.size;
  }

  get size() {
    return this.#documents.size;
  }

  find(key: string) {
    return this.#lookUp(key);
  }

  #lookUp(key: string) {
    return this.#documents.get(key);
  }
}

describe("an instrumented class", () => {
  it("records its instances' methods under its name, and is otherwise unchanged", () => {
    const recorder = record();
    class RAG extends Store {
      answer(question: string) {
        return `${question} ${super.find("a")}`;
      }
    }
    const Instrumented = instrument(RAG);
    expect(Instrumented).toBe(RAG);
    const rag = new Instrumented();
    expect(rag.answer("why?")).toBe("why? 1");
    expect(rag).toBeInstanceOf(RAG);
    expect(rag).toBeInstanceOf(Store);
    expect(Instrumented.name).toBe("RAG");
    expect(Instrumented.count()).toBe(Instrumented.made);
    expect(rag.size).toBe(1);
    expect(recorder.types).toEqual(["start", "end"]);
    expect(recorder.one("start")).toMatchObject({
      moduleName: "RAG",
      methodName: "answer",
      operation: "answer",
    });
  });

  it("records inherited methods, and those of subclasses under the name of the subclass", () => {
    const recorder = record();
    class Base {
      run() {
        return this.step();
      }
      step() {
        return "base";
      }
    }
    class Middle extends Base {}
    instrument(Middle);
    class Last extends Middle {
      override step() {
        return `last of ${super.step()}`;
      }
    }
    expect(new Middle().run()).toBe("base");
    expect(new Last().run()).toBe("last of base");
    const names = recorder.all("start").map(({ moduleName, operation }) => `${moduleName}.${operation}`);
    expect(names).toEqual(["Middle.run", "Middle.step", "Last.run", "Last.step"]);
    expect(new Base().run()).toBe("base");
    expect(recorder.all("start")).toHaveLength(4);
  });

  it("records each call once, however often it is instrumented", () => {
    const recorder = record();
    class Once {
      go() {}
    }
    instrument(instrument(Once));
    instrument(new Once()).go();
    expect(recorder.types).toEqual(["start", "end"]);
  });

  it("does not record getters, symbols and the methods of Node's classes", () => {
    const recorder = record();
    class Feed extends EventEmitter {
      get lazy(): string {
        throw new Error("read too early");
      }
      *[Symbol.iterator]() {
        yield 1;
      }
      push(item: string) {
        return super.emit("item", item);
      }
    }
    const feed = instrument(new Feed());
    feed.on("item", () => {});
    feed.push("x");
    expect([...feed]).toEqual([1]);
    expect(recorder.all("start").map(({ operation }) => operation)).toEqual(["push"]);
  });

  it("can be compiled to an older target", () => {
    const recorder = record();
    function Old(this: { n: number }) {
      this.n = 1;
    }
    Old.prototype.get = function (this: { n: number }) {
      return this.n;
    };
    instrument(Old);
    const old = new (Old as unknown as new () => { get(): number })();
    expect(old.get()).toBe(1);
    expect(recorder.one("start")).toMatchObject({ moduleName: "Old", operation: "get" });
  });
});

describe("reflect-metadata", () => {
  it("of a method, a function and a class is kept", () => {
    class Routes {
      find() {}
    }
    const handle = () => {};
    for (const target of [Routes, Routes.prototype.find, handle]) Reflect.defineMetadata("path", "/", target);
    Reflect.defineMetadata("design:type", String, Routes.prototype, "find");
    expect(Reflect.getMetadata("path", instrument(Routes))).toBe("/");
    expect(Reflect.getMetadata("path", Routes.prototype.find)).toBe("/");
    expect(Reflect.getMetadata("design:type", new Routes(), "find")).toBe(String);
    expect(Reflect.getMetadata("path", instrument(handle))).toBe("/");
  });
});

describe("an instrumented object", () => {
  it("keeps its identity, its private fields and its list of fields", () => {
    const recorder = record();
    const store = new Store();
    const keys = Object.keys(store);
    expect(instrument(store)).toBe(store);
    expect(store.find("a")).toBe(1);
    expect(Object.keys(store)).toEqual(keys);
    expect(recorder.one("start")).toMatchObject({ moduleName: "Store", data: { inputs: ["a"] } });
    new Store().find("a");
    expect(recorder.all("start")).toHaveLength(1);
  });

  it("may be an object literal with functions as fields", () => {
    const recorder = record();
    const tools = instrument(
      { add: (a: number, b: number) => a + b, async fetch() {}, version: 1 },
      { moduleName: "Tools" },
    );
    expect(tools.add(1, 2)).toBe(3);
    expect(Object.keys(tools)).toEqual(["add", "fetch", "version"]);
    expect(recorder.one("start")).toMatchObject({ moduleName: "Tools", operation: "add" });
  });

  it("records only the methods that are named", () => {
    const recorder = record();
    const tools = instrument({ a() {}, b() {} }, { methods: ["b"] });
    tools.a();
    tools.b();
    expect(recorder.all("start").map(({ operation }) => operation)).toEqual(["b"]);
    expect(() => instrument({ a() {} }, { methods: ["c"] })).toThrow(/no method "c"/);
  });

  it("that is frozen works on, but is not recorded", () => {
    record();
    const frozen = instrument(Object.freeze({ go: () => 1 }));
    expect(frozen.go()).toBe(1);
  });
});

describe("an instrumented function", () => {
  it("keeps its this, name, length, fields and new", () => {
    const recorder = record();
    const original = Object.assign(
      function greet(this: { name: string }, greeting: string) {
        return `${greeting} ${this.name}`;
      },
      { version: 1 },
    );
    const greet = instrument(original, { operation: "hello" });
    expect(greet.call({ name: "Ada" }, "hi")).toBe("hi Ada");
    expect([greet.name, greet.length, greet.version]).toEqual(["greet", 1, 1]);
    expect(recorder.one("start")).toMatchObject({ methodName: "greet", operation: "hello" });
    const Point = instrument(function Point(this: { x: number }) {
      this.x = 1;
    } as unknown as new () => { x: number });
    expect(new Point()).toMatchObject({ x: 1 });
    expect(new Point()).toBeInstanceOf(Point);
  });

  it("is named after the function that was bound", () => {
    const recorder = record();
    const client = { create: (request: { model: string }) => request.model };
    instrument(client.create.bind(client))({ model: "m" });
    expect(recorder.one("start").operation).toBe("create");
  });
});

describe("instrument", () => {
  it("keeps types, overloads and generics", () => {
    function parse(text: string): number;
    function parse(text: string, radix: "list"): number[];
    function parse(text: string, radix?: "list"): number | number[] {
      return radix === undefined ? Number(text) : [Number(text)];
    }
    const same = <T>(value: T): T => value;
    expectTypeOf(instrument(parse)).toEqualTypeOf(parse);
    expectTypeOf(instrument(same)).toEqualTypeOf(same);
    expectTypeOf(instrument(Store)).toEqualTypeOf(Store);
    expectTypeOf(instrument(new Store(), { methods: ["find"] })).toEqualTypeOf<Store>();
    expect(instrument(parse)("1", "list")).toEqual([1]);
  });

  it.each([
    ["a string", () => instrument("x" as never, {}), /a class, an object or a function/],
    ["null", () => instrument(null as never, {}), /a class, an object or a function/],
    ["a misspelt option", () => instrument(() => {}, { operations: "x" } as never), /unknown option/],
    ["a kind that is none", () => instrument(() => {}, { kind: "tool" as never }), /"llm"/],
    ["an invalid token mode", () => instrument(() => {}, { tokens: "all" as never }), /"coalesced"/],
    ["a bad size", () => instrument(() => {}, { capture: { maxBytes: "8kb" } }), /capture.maxBytes/],
  ])("rejects %s, and says what to write", (_, act, message) => {
    expect(act).toThrow(ConfigurationError);
    expect(act).toThrow(message);
  });

  it("does not record the functions that recording itself calls", () => {
    const recorder = record();
    class Money {
      constructor(readonly cents: number) {}
      show() {
        return `${this.cents} cents`;
      }
      toJSON() {
        emit("serialized");
        return this.show();
      }
    }
    instrument(Money);
    const pay = instrument(function pay(price: Money) {
      return price.cents;
    });
    pay(new Money(5));
    expect(recorder.types).toEqual(["start", "end"]);
    expect(recorder.one("start").data.inputs).toEqual(["5 cents"]);
  });
});
