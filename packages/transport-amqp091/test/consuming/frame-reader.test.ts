import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader, MalformedFrameError } from "../../src/consuming/frame-reader.js";
import { frame } from "../support/amqplib-codec.js";

const FRAME_MAX = 4096;

interface Read {
  readonly type: number;
  readonly channel: number;
  readonly payload: string;
}

/** All frames of these chunks, in their order. */
function readAll(chunks: readonly Buffer[], frameMax = FRAME_MAX): Read[] {
  const reader = new FrameReader(frameMax);
  const read: Read[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    while (reader.next()) {
      const { type, channel, bytes, start, end } = reader;
      expect(reader.whole()).toHaveLength(end - start + 8);
      read.push({ type, channel, payload: bytes.toString("hex", start, end) });
    }
  }
  return read;
}

const body = (channel: number, text: string) => frame.makeBodyFrame(channel, Buffer.from(text));

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to));
}

describe("the frame reader", () => {
  it("reads frames that are cut at any byte", () => {
    const bytes = Buffer.concat([body(1, "first"), frame.HEARTBEAT_BUF, body(2, ""), body(3, "last")]);
    const whole = readAll([bytes]);
    expect(whole.map(({ type, channel }) => [type, channel])).toEqual([
      [3, 1],
      [8, 0],
      [3, 2],
      [3, 3],
    ]);
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(readAll([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
    expect(readAll([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it("reads any frames in any pieces", () => {
    const someFrames = fc.array(
      fc
        .tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 300 }))
        .map(([channel, payload]) => frame.makeBodyFrame(channel, Buffer.from(payload))),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(someFrames, fc.array(fc.nat(), { maxLength: 10 }), (frames, cuts) => {
        const bytes = Buffer.concat(frames);
        expect(readAll(split(bytes, cuts))).toEqual(frames.flatMap((one) => readAll([one])));
      }),
    );
  });

  it("copies nothing of a frame that is whole", () => {
    const bytes = body(1, "whole");
    const reader = new FrameReader(FRAME_MAX);
    reader.push(bytes);
    expect(reader.next()).toBe(true);
    expect(reader.bytes).toBe(bytes);
  });

  it("refuses a frame that is larger than agreed before it asks for the memory", () => {
    const head = Buffer.from([3, 0, 1, 0xff, 0xff, 0xff, 0xff]);
    expect(() => readAll([head])).toThrow(MalformedFrameError);
    expect(() => readAll([head.subarray(0, 3), head.subarray(3)])).toThrow("4294967295 bytes");
    expect(readAll([body(1, "x".repeat(FRAME_MAX - 8))])).toHaveLength(1);
    expect(() => readAll([body(1, "x".repeat(FRAME_MAX - 7))])).toThrow(MalformedFrameError);
  });

  it("refuses a frame that does not end where it says", () => {
    const bytes = body(1, "text");
    bytes[bytes.length - 1] = 0;
    expect(() => readAll([bytes])).toThrow("does not end where it says");
    expect(() => readAll([bytes.subarray(0, 9), bytes.subarray(9)])).toThrow(MalformedFrameError);
  });
});
