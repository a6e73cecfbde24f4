import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { Endpoint, OutboundMessage, TransportOptions } from "@streamll/core";
import { silentLogger } from "@streamll/core";
import { streamsTransport } from "@streamll/transport-streams";
import { STREAM } from "./stream.js";

const PUBLISH = 2;
const PUBLISH_CONFIRM = 3;

/** Cuts what comes in into frames. */
function eachFrame(socket: Socket, each: (frame: Buffer) => void): void {
  let held: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
      const end = 4 + held.readUInt32BE(0);
      each(held.subarray(0, end));
      held = held.subarray(end);
    }
  });
}

const commandOf = (frame: Buffer) => frame.readUInt16BE(4) & 0x7fff;

export interface RecordedSession {
  /** All that was said before the first event. */
  readonly handshake: readonly Buffer[];
  readonly publishes: readonly Buffer[];
}

/** What the transport puts on the wire for these messages; the broker gets no event of it. */
export async function recordSession(
  port: number,
  batches: Iterable<OutboundMessage[]>,
): Promise<RecordedSession> {
  const handshake: Buffer[] = [];
  const publishes: Buffer[] = [];
  const server = createServer((client) => {
    const broker = connect({ port, host: "127.0.0.1" });
    broker.pipe(client);
    client.on("error", () => broker.destroy());
    eachFrame(client, (frame) => {
      if (commandOf(frame) === PUBLISH) publishes.push(Buffer.from(frame));
      else {
        if (publishes.length === 0) handshake.push(Buffer.from(frame));
        broker.write(frame);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const place = server.address() as { port: number };
  const endpoint: Endpoint = {
    scheme: "rabbitmq-stream",
    host: "127.0.0.1",
    port: place.port,
    path: "",
    query: {},
    label: "the recorder",
  };
  const connection = await streamsTransport
    .create(transportOptions)
    .connect(endpoint, { index: 0 }, AbortSignal.timeout(10_000));
  let wanted = 0;
  for (const batch of batches) {
    connection.publish(batch, () => {});
    wanted += batch.length;
    await new Promise(setImmediate);
  }
  const recorded = () => publishes.reduce((sum, frame) => sum + frame.readUInt32BE(9), 0);
  while (recorded() < wanted) await new Promise((resolve) => setTimeout(resolve, 20));
  await connection.close(AbortSignal.abort());
  server.close();
  return { handshake, publishes };
}

const transportOptions: TransportOptions = {
  confirms: true,
  message: {
    exchange: STREAM,
    contentType: "application/json",
    appId: "streamll",
    persistent: true,
    mandatory: false,
  },
  topology: { mode: "none", exchanges: [], queues: [{ name: STREAM, arguments: {} }], bindings: [] },
  connectionTimeoutMs: 10_000,
  heartbeatMs: 0,
  connectionName: "bench",
  own: {},
  logger: silentLogger,
};

export interface RawPublisher {
  write(frame: Buffer): Promise<unknown> | undefined;
  confirmed(events: number): Promise<void>;
}

/** Says the recorded handshake once more, and counts confirms from then on. */
export async function openRaw(port: number, { handshake }: RecordedSession): Promise<RawPublisher> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let confirms = 0;
  let told = () => {};
  eachFrame(socket, (frame) => {
    if (commandOf(frame) !== PUBLISH_CONFIRM) return;
    confirms += frame.readUInt32BE(9);
    told();
  });
  for (const frame of handshake) {
    socket.write(frame);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    write: (frame) => (socket.write(frame) ? undefined : once(socket, "drain")),
    confirmed: (events) =>
      new Promise((resolve) => {
        told = () => {
          if (confirms >= events) resolve();
        };
        told();
      }),
  };
}

/** A Publish frame of bare messages, each a data section and nothing else, with no step between text and frame. */
export function bareFrame(firstId: number, bodies: readonly string[]): Buffer {
  const lengths = bodies.map((body) => Buffer.byteLength(body));
  const size = lengths.reduce((sum, length) => sum + 12 + 8 + length, 13);
  const frame = Buffer.allocUnsafe(size);
  frame.writeUInt32BE(size - 4, 0);
  frame.writeUInt32BE(0x0002_0001, 4);
  frame[8] = 0;
  let at = frame.writeUInt32BE(bodies.length, 9);
  for (const [index, body] of bodies.entries()) {
    const length = lengths[index]!;
    at = frame.writeUInt32BE(0, at);
    at = frame.writeUInt32BE(firstId + index, at);
    at = frame.writeUInt32BE(8 + length, at);
    at = frame.writeUInt32BE(0x0053_75b0, at);
    at = frame.writeUInt32BE(length, at);
    at += frame.write(body, at);
  }
  return frame;
}
