import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Chunk, CompressionError } from "../../src/protocol/chunk.js";
import { MalformedFrameError, Reader } from "../../src/protocol/reader.js";
import { chunkBytes } from "../support/chunk.js";
import { batch, simple } from "../support/put.js";

const chunkOf = (...args: Parameters<typeof chunkBytes>) => new Chunk(new Reader(chunkBytes(...args)));

function* messagesOf(chunk: Chunk): Generator<[offset: number, text: string]> {
  while (!chunk.isEmpty) {
    const { nextOffset } = chunk;
    yield [nextOffset, chunk.next().toString()];
  }
}

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

describe("a chunk", () => {
  it("gives its messages one after another, those of batches too", () => {
    const chunk = chunkOf(6, [
      ...bytes("a").map(simple),
      batch(bytes("b", "")),
      batch(bytes("c", "d"), 1, gzipSync),
      ...bytes("e").map(simple),
    ]);
    expect([...messagesOf(chunk)]).toEqual(["a", "b", "", "c", "d", "e"].map((text, i) => [100 + i, text]));
    expect(chunk.endOffset).toBe(106);
  });

  it.each([
    ["whose CRC does not fit", () => chunkOf(1, [simple(Buffer.from("a"))], { crc: 1 }), "CRC"],
    ["of another version", () => chunkOf(0, [], { magic: 0x51 }), "version"],
    [
      "with fewer messages than it says",
      () => [...messagesOf(chunkOf(0, bytes("a").map(simple), { records: 2 }))],
      "beyond its chunk",
    ],
    ["with a message that is cut", () => chunkOf(1, [Buffer.from([0, 0, 0, 9])]).next(), "beyond its chunk"],
    [
      "with a batch that is cut",
      () => chunkOf(1, [Buffer.from([0x80, 0, 1, 0, 0])]).next(),
      "beyond its chunk",
    ],
    ["with a batch of no messages", () => chunkOf(1, [batch([])]).next(), "beyond its chunk"],
    ["with a batch that is not gzip", () => chunkOf(1, [batch(bytes("a"), 1)]).next(), "says gzip"],
    [
      "whose batch becomes larger than it says",
      () => {
        const bomb = batch(bytes("a".repeat(100_000)), 1, gzipSync);
        bomb.writeUInt32BE(10, 3);
        chunkOf(1, [bomb]).next();
      },
      "says gzip",
    ],
    [
      "whose batch says it is larger than any",
      () => {
        const bomb = batch(bytes("a"), 1, gzipSync);
        bomb.writeUInt32BE(0xffff_ffff, 3);
        chunkOf(1, [bomb]).next();
      },
      "bytes, where",
    ],
  ])("%s is refused", (_, read, why) => {
    expect(read).toThrow(MalformedFrameError);
    expect(read).toThrow(why);
  });

  it.each([
    [2, "snappy"],
    [3, "lz4"],
    [4, "zstd"],
    [7, "compression 7"],
  ])("with a batch of compression %i says what its publisher should send", (compression, name) => {
    const read = () => chunkOf(1, [batch(bytes("a"), compression)]).next();
    expect(read).toThrow(CompressionError);
    expect(read).toThrow(`compressed with ${name}, which cannot be read here: let its publisher send gzip`);
  });
});
