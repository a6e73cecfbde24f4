import { outboundMessage } from "@streamll/core";
import { SendBlocks } from "@streamll/transport-kit";
import { describe, expect, it } from "vitest";
import { publishFrames } from "../src/publish-frames.js";
import { decodeMessage } from "./support/amqp-value.js";
import { message, options, parts } from "./support/options.js";

/** Keeps the frames as they were handed over, and as they were at that moment. */
function bench({ taken }: { taken: boolean }) {
  const frames = publishFrames(
    0,
    { frameMax: 1024 * 1024, version: 1, dialect: "from 3.13" },
    options().message,
    new SendBlocks({ bytesWritten: 1, writableLength: taken ? 0 : 1 }),
  );
  const held: { readonly frame: Buffer; readonly copy: Buffer }[] = [];
  const encode = (...bodies: string[]) =>
    frames.encode(
      bodies.map((body, index) =>
        message({ sequence: held.length * 100 + index + 1, body: Buffer.from(body) }),
      ),
      (frame) => {
        held.push({ frame, copy: Buffer.from(frame) });
      },
    );
  return { encode, held };
}

describe("the memory of frames", () => {
  it("is written over only once the network has taken them", () => {
    const { encode, held } = bench({ taken: false });
    for (let index = 0; index < 200; index++) encode(`first ${index}`, "x".repeat(index * 20));
    encode("x".repeat(500_000), "y".repeat(500_000), "z".repeat(500_000));
    encode("last");
    expect(held).toHaveLength(203);
    for (const { frame, copy } of held) expect(frame.equals(copy)).toBe(true);
    // Small ones share memory also where none is taken.
    expect(new Set(held.slice(0, 20).map(({ frame }) => frame.buffer)).size).toBe(1);
  });

  it("is used again where it has", () => {
    const { encode, held } = bench({ taken: true });
    for (let index = 0; index < 2000; index++) encode(`body ${index} ${"x".repeat(500)}`);
    expect(new Set(held.map(({ frame }) => frame.buffer)).size).toBe(1);
    const large = "x".repeat(900_000);
    for (let index = 0; index < 6; index++) encode(large, large, large);
    encode("small again");
    expect(held.at(-1)?.frame.buffer.byteLength).toBeLessThanOrEqual(4 * 1024 * 1024);
  });
});

it("an event's text is stored as its bytes", () => {
  const frames = publishFrames(
    0,
    { frameMax: 1024 * 1024, version: 1, dialect: "from 3.13" },
    options().message,
    new SendBlocks({ bytesWritten: 0, writableLength: 0 }),
  );
  for (const text of ["", "plain", "naïve 😀 \ud800"]) {
    const fields = parts({ sequence: 1 });
    let stored: Buffer | undefined;
    frames.encode([outboundMessage({ ...fields, body: Buffer.from(text) })], (frame) => {
      stored = decodeMessage(Buffer.from(frame.subarray(13 + 12))).data;
      return true;
    });
    expect(stored).toEqual(Buffer.from(text));
  }
});
