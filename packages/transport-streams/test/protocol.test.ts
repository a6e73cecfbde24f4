import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readClosing } from "../src/protocol/close.js";
import { readConfirmHead, readPublishErrors } from "../src/protocol/confirm.js";
import { readMetadata, readMetadataUpdate } from "../src/protocol/metadata.js";
import { readProperties } from "../src/protocol/peer-properties.js";
import { readSequence } from "../src/protocol/publisher.js";
import { MalformedFrameError, Reader } from "../src/protocol/reader.js";
import { readMechanisms } from "../src/protocol/sasl.js";
import { FrameSplitter } from "../src/protocol/splitter.js";
import { readStreams } from "../src/protocol/super-stream.js";
import { lower, readTuning } from "../src/protocol/tune.js";
import { isFrom, readVersions } from "../src/protocol/versions.js";
import { frame, list, map, string, u8, u16, u32, u64 } from "../src/protocol/writer.js";

const decoders = {
  readClosing,
  readConfirmHead,
  readPublishErrors,
  readMetadata,
  readMetadataUpdate,
  readProperties,
  readSequence,
  readMechanisms,
  readStreams,
  readTuning,
  readVersions,
};

const read = <T>(decode: (reader: Reader) => T, ...fields: Buffer[]): T =>
  decode(new Reader(Buffer.concat(fields)));

const text = fc.string({ unit: "grapheme", maxLength: 40 });

describe("what a broker sends", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), fc.array(text), fc.maxSafeInteger(), (pairs, names, number) => {
        expect(new Map(Object.entries(read(readProperties, map(pairs))))).toEqual(
          new Map(Object.entries(pairs)),
        );
        expect(read(readStreams, list(names, string))).toEqual(names);
        expect(read(readMechanisms, list(names, string))).toEqual(names);
        expect(read(readSequence, u64(Math.abs(number)))).toBe(Math.abs(number));
      }),
    );
    expect(read(readTuning, u32(1_048_576), u32(60))).toEqual({ frameMax: 1_048_576, heartbeat: 60 });
    expect(read(readClosing, u16(14), string("too large"))).toEqual({ code: 14, reason: "too large" });
    expect(read(readMetadataUpdate, u16(6), string("events"))).toEqual({ code: 6, stream: "events" });
    expect(read(readConfirmHead, u8(3), u32(2), u64(7), u64(8))).toEqual({ publisherId: 3, count: 2 });
    expect(read(readPublishErrors, u8(3), u32(1), u64(2 ** 53 - 1), u16(18))).toEqual({
      publisherId: 3,
      errors: [{ publishingId: 2 ** 53 - 1, code: 18 }],
    });
    expect(read(readVersions, u32(1), u16(29), u16(1), u16(1))).toEqual(
      new Map([[29, { least: 1, most: 1 }]]),
    );
  });

  it("tells the leader of each stream, where it has one, and the replicas that run", () => {
    const brokers = Buffer.concat([u32(2), u16(0), string("a"), u32(5552), u16(1), string("b"), u32(5553)]);
    const info = (name: string, code: number, leader: number) =>
      Buffer.concat([string(name), u16(code), u16(leader), u32(3), u16(0), u16(9), u16(1)]);
    const replicas = [
      { host: "a", port: 5552 },
      { host: "b", port: 5553 },
    ];
    const infos = Buffer.concat([u32(3), info("one", 1, 1), info("two", 1, 0xffff), info("gone", 2, 0xffff)]);
    expect(read(readMetadata, brokers, infos)).toEqual([
      { stream: "one", code: 1, leader: { host: "b", port: 5553 }, replicas },
      { stream: "two", code: 1, leader: undefined, replicas },
      { stream: "gone", code: 2, leader: undefined, replicas },
    ]);
  });

  it("may be anything: no decoder crashes, hangs or makes room for what is not there", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...Object.values(decoders)),
        (bytes, decode) => {
          try {
            decode(new Reader(Buffer.from(bytes)));
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedFrameError);
          }
        },
      ),
      { numRuns: 3000 },
    );
    const tooMany = Buffer.from("fffffffe", "hex");
    for (const decode of [readProperties, readMetadata, readStreams, readVersions])
      expect(() => read<unknown>(decode, tooMany)).toThrow(MalformedFrameError);
    expect(() => read(readConfirmHead, u8(0), tooMany, u64(1))).toThrow(MalformedFrameError);
  });
});

describe("cutting what comes in into frames", () => {
  const frames = fc.array(fc.uint8Array({ minLength: 4, maxLength: 60 }), { maxLength: 8 });

  it("finds the same frames however the network cuts them", () => {
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (contents, sizes) => {
        const bytes = Buffer.concat(contents.map((content) => Buffer.concat([u32(content.length), content])));
        const splitter = new FrameSplitter(60);
        const found: string[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number;
          splitter.push(bytes.subarray(at, at + size), (content) => found.push(content.toString("hex")));
          at += size;
        }
        expect(found).toEqual(contents.map((content) => Buffer.from(content).toString("hex")));
      }),
    );
  });

  it("never holds more than the largest frame, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const splitter = new FrameSplitter(32);
        try {
          for (const chunk of chunks)
            splitter.push(Buffer.from(chunk), (content) => expect(content.length).toBeLessThanOrEqual(32));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFrameError);
        }
      }),
      { numRuns: 1000 },
    );
    const splitter = new FrameSplitter(1024);
    expect(() => splitter.push(u32(0x4151_5000), () => {})).toThrow(/a frame of \d+ bytes, where 4 to 1024/);
    expect(() => new FrameSplitter(1024).push(u32(3), () => {})).toThrow(MalformedFrameError);
  });

  it("takes a large frame byte by byte without copying it over and over", () => {
    const content = Buffer.alloc(200_000, 7);
    const bytes = Buffer.concat([u32(content.length), content]);
    const splitter = new FrameSplitter(1_000_000);
    let found = 0;
    const startedAt = performance.now();
    for (const byte of bytes) splitter.push(Buffer.from([byte]), ({ length }) => (found += length));
    expect(found).toBe(content.length);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe("what both ends agree on", () => {
  it("is the lower of two limits, of which 0 is none", () => {
    expect([lower(0, 0), lower(0, 5), lower(5, 0), lower(4, 5)]).toEqual([0, 5, 5, 4]);
  });

  it("depends on the broker's version, never on trying", () => {
    const from311 = (version?: string) => isFrom(version, 3, 11);
    expect(["3.9.29", "3.10.8", undefined, "x"].map(from311)).toEqual([false, false, false, false]);
    expect(["3.11.0", "3.13.7", "4.0.5", "4.3.6-rc.1", "10.0"].map(from311)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  it("is put in a frame with its size in front", () => {
    expect(frame(0x17, 1).toString("hex")).toBe("0000000400170001");
  });
});
