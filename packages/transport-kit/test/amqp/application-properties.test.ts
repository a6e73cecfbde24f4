import { type MessageHeaders, TransportError } from "@streamll/core";
import {
  applicationPropertiesBound,
  putApplicationProperties,
  SECTION_HEAD_BYTES,
} from "@streamll/transport-kit";
import fc from "fast-check";
import { expect, it } from "vitest";

const unsendable = (reason: string) => new TransportError("protocol", reason, { permanent: true });

it("headers never take more bytes than their bound says", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 60 }), value), (headers) => {
      const bound = SECTION_HEAD_BYTES + applicationPropertiesBound(headers as MessageHeaders, unsendable);
      const target = Buffer.alloc(bound + 1000, 0xee);
      expect(putApplicationProperties(target, 0, headers as MessageHeaders)).toBeLessThanOrEqual(bound);
    }),
  );
});

it("headers without a value take no section", () => {
  expect(putApplicationProperties(Buffer.alloc(100), 7, { empty: null })).toBe(7);
});

it.each([
  [{ ["x".repeat(256)]: 1 }, "the name of a header is over 255 bytes"],
  [{ rate: Number.NaN }, "a header is not a finite number"],
])("what the section cannot hold is refused by name", (headers, reason) => {
  expect(() => applicationPropertiesBound(headers, unsendable)).toThrow(reason);
});
