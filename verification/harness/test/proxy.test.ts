import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FaultProxy } from "../src/proxy.js";

/** Says back whatever it hears. */
const echo = createServer((socket) => {
  heard.push(socket);
  socket.on("error", () => {}).pipe(socket);
});
const heard: Socket[] = [];
let proxy: FaultProxy;

beforeEach(async () => {
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  proxy = await FaultProxy.to(`amqp://127.0.0.1:${(echo.address() as AddressInfo).port}/`);
});

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  for (const socket of heard.splice(0)) socket.destroy();
  echo.close();
  await once(echo, "close");
});

describe("the proxy", () => {
  it("passes bytes on, and leads a URL through itself", async () => {
    expect(proxy.url).toBe(`amqp://127.0.0.1:${proxy.port}/`);
    expect(await answer(client(), "hello")).toBe("hello");
  });

  it("delays both ways", async () => {
    proxy.latency(50);
    const startedAt = performance.now();
    await answer(client(), "hello");
    // A timer may be a moment early.
    expect(performance.now() - startedAt).toBeGreaterThan(95);
  });

  it("lets no more bytes a second through than it was told", async () => {
    proxy.bandwidth(10_000);
    const startedAt = performance.now();
    await answer(client(), "x".repeat(1000));
    expect(performance.now() - startedAt).toBeGreaterThan(180);
  });

  it("hands on one byte at a time", async () => {
    proxy.trickle();
    const socket = client();
    let parts = 0;
    socket.on("data", () => parts++);
    const text = "x".repeat(1000);
    expect(await answer(socket, text)).toBe(text);
    // The kernel joins what is not read at once.
    expect(parts).toBeGreaterThan(1);
  });

  it("ends connections with a FIN", async () => {
    const socket = client();
    await answer(socket, "a");
    proxy.cut();
    const [failed] = await once(socket, "close");
    expect(failed).toBe(false);
  });

  it("ends connections with a RST", async () => {
    const socket = client();
    await answer(socket, "a");
    proxy.reset();
    expect(await errorCode(socket)).toBe("ECONNRESET");
  });

  it("lets nothing pass in a black hole, and all that was held back once it is healed", async () => {
    const before = client();
    await answer(before, "a");
    proxy.blackHole();
    const after = client();
    let passed = 0;
    for (const socket of [before, after])
      socket.on("data", (bytes) => (passed += bytes.length)).write("hello");
    await answer(direct(), "a roundtrip beside it");
    expect(passed).toBe(0);
    await proxy.heal();
    await Promise.all([once(before, "data"), once(after, "data")]);
  });

  it("tells nobody of an end in a black hole", async () => {
    const socket = client();
    await answer(socket, "a");
    proxy.blackHole();
    socket.destroy();
    await answer(direct(), "a roundtrip beside it");
    expect(heard[0]!.destroyed).toBe(false);
    await proxy.heal();
    await once(heard[0]!, "close");
  });

  it("keeps one direction silent", async () => {
    proxy.halfOpen("toClient");
    const socket = client();
    socket.write("hello");
    const [connection] = (await once(echo, "connection")) as [Socket];
    const [bytes] = await once(connection, "data");
    expect(String(bytes)).toBe("hello");
    expect(socket.bytesRead).toBe(0);
  });

  it("cuts after so many bytes", async () => {
    proxy.cutAfter(3);
    const socket = client();
    socket.write("hello");
    expect(await errorCode(socket)).toBe("ECONNRESET");
    expect(heard[0]!.bytesRead).toBeLessThanOrEqual(3);
  });

  it("cuts in the middle of a frame with a message's body, wherever the chunks end", async () => {
    proxy.cutInContentFrame();
    proxy.trickle();
    const socket = client();
    socket.write(Buffer.concat([Buffer.from("AMQP0091"), frame(1, 20), frame(2, 30), frame(3, 100)]));
    expect(await errorCode(socket)).toBe("ECONNRESET");
    const before = 8 + (20 + 8) + (30 + 8) + 7;
    expect(heard[0]!.bytesRead).toBeGreaterThanOrEqual(before);
    expect(heard[0]!.bytesRead).toBeLessThan(before + 100);
  });

  it("cuts in the middle of a transfer of AMQP 1.0, behind the headers of both layers", async () => {
    const { port } = echo.address() as AddressInfo;
    await using own = await FaultProxy.to(`amqp://127.0.0.1:${port}/`, { over: "amqp10" });
    own.cutInContentFrame();
    own.trickle();
    const socket = connect(own.port, "127.0.0.1");
    const small = frame10(100);
    const headers = ["AMQP\x03\x01\x00\x00", "AMQP\x00\x01\x00\x00"].map((text) => Buffer.from(text));
    socket.write(Buffer.concat([headers[0]!, small, headers[1]!, small, frame10(300)]));
    expect(await errorCode(socket)).toBe("ECONNRESET");
    const before = 8 + 100 + 8 + 100 + 8;
    expect(heard[0]!.bytesRead).toBeGreaterThanOrEqual(before);
    expect(heard[0]!.bytesRead).toBeLessThan(before + 292);
  });

  it("holds a connection at the bytes it was told", async () => {
    const held = proxy.holdAt(Buffer.from("declare"));
    const socket = client();
    await answer(socket, "open");
    socket.write("queue.declare");
    await held;
    expect(heard[0]!.bytesRead).toBe(4);
  });

  it("holds an answer at the bytes it was told, which the broker has sent", async () => {
    const held = proxy.holdAt(Buffer.from("ack"), "toClient");
    const socket = client();
    socket.write("ack");
    await held;
    expect([heard[0]!.bytesWritten, socket.bytesRead]).toEqual([3, 0]);
    await proxy.heal();
    await once(socket, "data");
  });

  it("refuses connections until it is healed, and keeps those that are there", async () => {
    const socket = client();
    await answer(socket, "a");
    proxy.refuse();
    expect(await errorCode(client())).toBe("ECONNREFUSED");
    expect(await answer(socket, "b")).toBe("b");
    await proxy.heal();
    expect(await answer(client(), "c")).toBe("c");
  });

  it("resets connections whose target is not there", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    proxy.pointAt(`amqp://127.0.0.1:${port}/`);
    expect(await errorCode(client())).toBe("ECONNRESET");
  });
});

const client = () => connect(proxy.port, "127.0.0.1");

/** Past the proxy: by its answer, that of the proxy would be there too. */
const direct = () => connect((echo.address() as AddressInfo).port, "127.0.0.1");

/** What comes back, until it is as long as what was said. */
async function answer(socket: Socket, text: string): Promise<string> {
  let heard = "";
  const all = new Promise<void>((resolve) => {
    socket.on("data", (bytes) => {
      heard += bytes;
      if (heard.length >= text.length) resolve();
    });
  });
  socket.write(text);
  await all;
  return heard;
}

async function errorCode(socket: Socket): Promise<string> {
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  return error.code ?? "";
}

/** A frame of AMQP 1.0 of so many bytes. */
function frame10(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32BE(size);
  return bytes;
}

/** A frame on channel 1 whose payload has so many bytes. */
function frame(type: number, size: number): Buffer {
  const bytes = Buffer.alloc(7 + size + 1);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16BE(1, 1);
  bytes.writeUInt32BE(size, 3);
  bytes.writeUInt8(0xce, 7 + size);
  return bytes;
}
