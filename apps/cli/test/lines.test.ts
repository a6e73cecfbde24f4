import { describe, expect, it } from "vitest";
import { LineCutter } from "../src/pipe/lines.js";

function cut(chunks: readonly (string | Buffer)[], maxBytes?: number) {
  const cutter = new LineCutter(maxBytes);
  return [...chunks.flatMap((chunk) => [...cutter.push(Buffer.from(chunk as string))]), ...cutter.end()].map(
    (line) => ("text" in line ? [line.number, line.text] : [line.number, `! ${line.problem}`]),
  );
}

describe("lines", () => {
  it("may be cut by chunks anywhere, also within a character", () => {
    const text = Buffer.from('{"a":"é✓"}\n{"b":2}\n');
    const whole = [
      [1, '{"a":"é✓"}'],
      [2, '{"b":2}'],
    ];
    for (let size = 1; size <= text.length; size++) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.subarray(i * size, (i + 1) * size),
      );
      expect(cut(chunks)).toEqual(whole);
    }
  });

  it("lose their CR and a byte order mark, and need no newline at the end", () => {
    expect(cut(["\ufeffone\r\ntwo\r\n", "three"])).toEqual([
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ]);
  });

  it("that are empty are counted and passed over", () => {
    expect(cut(["\n  \r\na\n\n\nb\n"])).toEqual([
      [3, "a"],
      [6, "b"],
    ]);
  });

  it("that are too long are told once, not kept, and spoil no other", () => {
    const long = Array.from({ length: 100 }, () => "x".repeat(1024));
    const maxBytes = 2 * 1024;
    expect(cut(["a\n", ...long, "\nb\n"], maxBytes)).toEqual([
      [1, "a"],
      [2, "! longer than 2,048 bytes"],
      [3, "b"],
    ]);
    expect(cut([...long], maxBytes)).toEqual([[1, "! longer than 2,048 bytes"]]);
    expect(cut(["y".repeat(maxBytes), "\n"], maxBytes)).toEqual([[1, "y".repeat(maxBytes)]]);
  });

  it("that are not UTF-8 are told", () => {
    expect(cut([Buffer.from([0x61, 0xff, 0x0a, 0x62])])).toEqual([
      [1, "! not UTF-8"],
      [2, "b"],
    ]);
  });
});
