import { createEvent } from "@streamll/core";
import { compileTemplate } from "@streamll/core/internal";
import fc from "fast-check";
import { expect, it } from "vitest";

const placeholder = fc.constantFrom(
  "{event_id}",
  "{execution_id}",
  "{module_name}",
  "{method_name}",
  "{event_type}",
  "{operation}",
  "{tags.team}",
  "{data.a}",
  "{data.a.b}",
);
const literal = fc.string({ unit: fc.constantFrom("a", "Z", "é", "-", "*x", "🐰"), maxLength: 12 });
const word = fc
  .array(fc.oneof(placeholder, literal), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("") || "w");
const template = fc
  .array(word, { minLength: 1, maxLength: 8 })
  .map((words) => words.join("."))
  // A longer one is refused.
  .filter((text) => Buffer.byteLength(text.replaceAll(/\{[^}]*\}/g, "x")) <= 255);

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.string({ unit: fc.constantFrom(".", "*", "#", " ", "x", "🐰", "\ud800"), maxLength: 400 }),
  fc.constantFrom("", "x".repeat(300)),
);
const event = fc
  .record({
    eventId: text,
    executionId: text,
    moduleName: text,
    methodName: text,
    eventType: text.map((type) => type || "end"),
    operation: fc.option(text),
    tags: fc.record({ team: text }, { requiredKeys: [] }),
    data: fc.record({ a: fc.oneof(text, fc.anything(), fc.record({ b: text })) }, { requiredKeys: [] }),
  })
  .map((fields) => createEvent(fields));

/** How a topic exchange compares, word by word. */
function matches(binding: string, key: string): boolean {
  const words = key.split(".");
  const pattern = binding.split(".");
  return pattern.length === words.length && pattern.every((one, i) => one === "*" || one === words[i]);
}

it("a template that has rendered others gives the key that a new one gives", () => {
  fc.assert(
    fc.property(template, fc.array(event, { maxLength: 6 }), (given, few) => {
      const { render } = compileTemplate(given);
      for (const one of [...few, ...few]) expect(render(one)).toBe(compileTemplate(given).render(one));
    }),
  );
});

it("any event's key is within 255 bytes and matches the template's own binding", () => {
  fc.assert(
    fc.property(template, event, (given, one) => {
      const { render, binding, literalHead } = compileTemplate(given);
      const key = render(one);
      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(255);
      expect(matches(binding, key)).toBe(true);
      expect(key.split(".").some((part) => part === "" || part === "*" || part === "#")).toBe(false);
      expect(key.startsWith(literalHead)).toBe(true);
    }),
    { numRuns: Number(process.env.STREAMLL_PROPERTY_RUNS ?? 250) },
  );
});
