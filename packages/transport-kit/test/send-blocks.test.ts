import { SendBlocks } from "@streamll/transport-kit";
import { describe, expect, it } from "vitest";

describe("the blocks of a socket", () => {
  const socket = { bytesWritten: 0, writableLength: 0 };
  const write = (bytes: number) => {
    socket.bytesWritten += bytes;
    socket.writableLength += bytes;
  };

  it("are used again in turn, once the network has taken what was in them", () => {
    const blocks = new SendBlocks(socket);
    const first = blocks.next(1000);
    write(1000);
    const second = blocks.next(1000, first);
    expect(second.buffer).not.toBe(first.buffer);
    write(1000);
    socket.writableLength = 1000;
    const third = blocks.next(1000, second.subarray(1000));
    expect(third.buffer).toBe(first.buffer);
    expect(third).toHaveLength(first.length);
    expect(blocks.next(1000, third).buffer).not.toBe(second.buffer);
  });

  it("are not kept beyond what may wait in a socket", () => {
    const blocks = new SendBlocks({ bytesWritten: 0, writableLength: 0 });
    const huge = blocks.next(3_000_000);
    expect(blocks.next(1000, huge).buffer).not.toBe(huge.buffer);
  });
});
