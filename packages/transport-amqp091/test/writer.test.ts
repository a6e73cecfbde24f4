import { outboundMessage } from "@streamll/core";
import { describe, expect, it } from "vitest";
import type { Wire } from "../src/wire.js";
import { bulkWriter } from "../src/writer.js";
import { decodeAll } from "./support/amqplib-codec.js";
import { defaults, message, parts } from "./support/message.js";

/** Keeps what was handed over, and what it was at that moment. */
function bench({ waiting }: { waiting: number }) {
  const held: { readonly bytes: Buffer; readonly copy: Buffer }[] = [];
  const wire = {
    frameMax: 131_072,
    stream: { bytesWritten: 1, writableLength: waiting, writableCorked: 1 },
    sendBytes: (bytes: Buffer) => held.push({ bytes, copy: Buffer.from(bytes) }),
  } as unknown as Required<Wire>;
  const writer = bulkWriter(wire, 1, defaults());
  const write = (...bodies: string[]) =>
    writer.write(bodies.map((body) => message({ body: Buffer.from(body) })));
  return { writer, write, held };
}

describe("the memory of a batch", () => {
  it("is written over only once the network has taken it", () => {
    const { write, held } = bench({ waiting: 1 });
    for (let index = 0; index < 200; index++) write(`first ${index}`, "x".repeat(index * 20));
    write("x".repeat(2_000_000));
    write("last");
    expect(held).toHaveLength(202);
    for (const { bytes, copy } of held) expect(bytes.equals(copy)).toBe(true);
    expect(new Set(held.slice(0, 20).map(({ bytes }) => bytes.buffer)).size).toBe(1);
  });

  it("is used again where it has, and a large one is not kept", () => {
    const { write, held } = bench({ waiting: 0 });
    for (let index = 0; index < 2000; index++) write(`body ${index} ${"x".repeat(500)}`);
    expect(new Set(held.map(({ bytes }) => bytes.buffer)).size).toBe(1);
    write("x".repeat(2_000_000));
    write("small again");
    expect(held.at(-1)?.bytes.buffer.byteLength).toBeLessThan(1024 * 1024);
  });
});

it.each(["", "plain", "naïve 😀 \ud800", "x".repeat(131_064), "é".repeat(131_064 / 2), "x".repeat(131_065)])(
  "an event's text goes as its bytes, cut into frames where it is long",
  (text) => {
    const { writer, held } = bench({ waiting: 0 });
    const fields = parts();
    writer.write([outboundMessage({ ...fields, body: Buffer.from(text) })]);
    writer.write([message({ ...fields, body: Buffer.from(text) })]);
    expect(held[0]!.copy.equals(held[1]!.copy)).toBe(true);
    const bodies = decodeAll(held[0]!.copy, 131_072).map(({ content }) => content ?? Buffer.alloc(0));
    expect(Buffer.concat(bodies).equals(Buffer.from(text))).toBe(true);
  },
);
