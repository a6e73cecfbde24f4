import { EventConsumer } from "@streamll/consumer";
import type { StreamllEvent } from "@streamll/core";
import { number as valibotNumber, object as valibotObject } from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { scene } from "./scene.js";

const shared = { usage: { output_tokens: "secret" }, "secret key": 1 };

describe("a schema of a type", () => {
  it.each([
    ["Zod", z.object({ n: z.number().transform((n) => n * 2) }), 14],
    ["Zod, asynchronous", z.object({ n: z.number().refine(async () => true) }), 7],
    ["Valibot", valibotObject({ n: valibotNumber() }), 7],
  ])("by %s gives handlers the data as it makes it", async (_, schema, expected) => {
    const { consumer, put, settled } = scene();
    await put(7);
    const seen: unknown[] = [];
    const checked = consumer({ schema: { end: schema }, handle: ({ data }) => seen.push(data.n) });
    await checked.start();
    await settled(checked);
    expect(seen).toEqual([expected]);
    await checked.stop();
  });

  it.each([
    ["Zod", z.object({ usage: z.object({ output_tokens: z.number() }), "secret key": z.string() })],
    ["Valibot", valibotObject({ usage: valibotObject({ output_tokens: valibotNumber() }) })],
  ])(
    "by %s makes a dead letter of what does not match, which names places and no values",
    async (_, schema) => {
      const { broker, consumer, settled } = scene();
      const letters: { reason: string; description: string }[] = [];
      const lines: string[] = [];
      const line = (_: object, text: string) => void lines.push(text);
      const checked = consumer({
        deadLetterExchange: "failed",
        schema: { "*": schema },
        handle: () => expect.unreachable(),
        logger: { debug: line, info: line, warn: line, error: line },
      });
      checked.on("deadLettered", (letter) => letters.push(letter));
      await checked.start();
      broker.publish({
        exchange: "events",
        routingKey: "a",
        body: JSON.stringify({ event_type: "llm_end", data: shared }),
      });
      await expect.poll(() => letters.length).toBe(1);
      await settled(checked);
      expect(letters).toMatchObject([
        { reason: "SCHEMA_MISMATCH", description: expect.stringContaining("data.usage.output_tokens") },
      ]);
      await checked.stop();
      expect(lines.join()).toContain("does not match its schema");
      expect(lines.join()).not.toContain("secret");
    },
  );
});

describe("the type of an event's data", () => {
  const usage = z.object({ tokens: z.number().transform(String) });
  const price = valibotObject({ price: valibotNumber() });
  const url = "memory:types";
  type Any = StreamllEvent["data"];

  it("is that of the schema of its type, in handlers", () => {
    new EventConsumer({
      ...{ url, queue: "q", deadLetterExchange: "dead" },
      schema: { llm_end: usage, sale: price },
      handlers: {
        llm_end: ({ data }) => expectTypeOf(data).toEqualTypeOf<{ tokens: string }>(),
        sale: async ({ data }, { attempt }) => {
          expectTypeOf(data).toEqualTypeOf<{ price: number }>();
          expectTypeOf(attempt).toEqualTypeOf<number>();
        },
        "*": ({ data, eventType }) => {
          expectTypeOf(data).toEqualTypeOf<Any>();
          expectTypeOf(eventType).toEqualTypeOf<string>();
        },
      },
    });
  });

  it("is that of the schema for all others, also of each event", async () => {
    const schema = { llm_end: usage, "*": price };
    type Either = { tokens: string } | { price: number };
    new EventConsumer({
      ...{ url, queue: "q", schema },
      handlers: { other: ({ data }) => expectTypeOf(data).toEqualTypeOf<{ price: number }>() },
    });
    new EventConsumer({
      ...{ url, queue: "q", schema },
      handlers: { "*": ({ data }) => expectTypeOf(data).toEqualTypeOf<Either>() },
    });
    new EventConsumer({
      ...{ url, queue: "q", schema },
      handle: ({ data }) => expectTypeOf(data).toEqualTypeOf<Either>(),
    });
    new EventConsumer({
      ...{ url, queue: "q", schema },
      handleBatch: ([first]) => expectTypeOf(first!.event.data).toEqualTypeOf<Either>(),
    });
    const loop = new EventConsumer({ url, queue: "q", schema })[Symbol.asyncIterator]();
    expectTypeOf(loop.next).returns.resolves.toExtend<
      IteratorResult<{ event: { data: Either } }, undefined>
    >();
  });

  it("is any without a schema, and where not each type has one", () => {
    new EventConsumer({
      ...{ url, queue: "q" },
      handlers: { end: ({ data }) => expectTypeOf(data).toEqualTypeOf<Any>() },
    });
    new EventConsumer({
      ...{ url, queue: "q", schema: { end: usage } },
      handle: ({ data }) => expectTypeOf(data).toEqualTypeOf<Any>(),
    });
    EventConsumer.fromEnv(
      {
        ...{ url, queue: "q", schema: { end: usage } },
        // @ts-expect-error a number would need no schema that makes a text of it
        handlers: { end: ({ data }) => data.tokens.toFixed(2) },
      },
      {},
    );
  });
});
