import { number as valibotNumber, object as valibotObject } from "valibot";
import { describe, expect, it } from "vitest";
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
