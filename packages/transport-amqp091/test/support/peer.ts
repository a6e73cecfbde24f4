import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Endpoint } from "@streamll/core";
import { defs, frame } from "./amqplib-codec.js";

export interface Peer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Messages and heartbeats that came in. */
  readonly published: number;
  readonly heartbeats: number;
  /** Sends bytes on every connection. */
  write(bytes: Buffer): void;
}

/**
 * A peer that opens connections, channels and consumers, sends heartbeats, and answers nothing else: a broker that hangs.
 */
export async function hangingPeer(heartbeatSeconds: number): Promise<Peer> {
  const sockets = new Set<Socket>();
  const count = { published: 0, heartbeats: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    const beat = setInterval(() => socket.write(frame.HEARTBEAT_BUF), heartbeatSeconds * 500);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      clearInterval(beat);
    });
    const send = (id: number, channel: number, fields: object) =>
      socket.write(defs.encodeMethod(id, channel, fields));
    const answers: Record<number, (channel: number) => void> = {
      [defs.ConnectionStartOk]: () =>
        send(defs.ConnectionTune, 0, { channelMax: 8, frameMax: 131_072, heartbeat: heartbeatSeconds }),
      [defs.ConnectionOpen]: () => send(defs.ConnectionOpenOk, 0, { knownHosts: "" }),
      [defs.ChannelOpen]: (channel) => send(defs.ChannelOpenOk, channel, { channelId: Buffer.alloc(0) }),
      [defs.ConfirmSelect]: (channel) => send(defs.ConfirmSelectOk, channel, {}),
      [defs.BasicPublish]: () => void count.published++,
      [defs.BasicQos]: (channel) => send(defs.BasicQosOk, channel, {}),
      [defs.BasicConsume]: (channel) => send(defs.BasicConsumeOk, channel, { consumerTag: "tag" }),
    };
    let bytes: Buffer = Buffer.alloc(0);
    let greeted = false;
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!greeted && bytes.length >= 8) {
        greeted = true;
        bytes = bytes.subarray(8);
        const [mechanisms, locales] = [Buffer.from("PLAIN"), Buffer.from("en_US")];
        send(defs.ConnectionStart, 0, {
          versionMajor: 0,
          versionMinor: 9,
          serverProperties: {},
          mechanisms,
          locales,
        });
      }
      for (let parsed = frame.parseFrame(bytes, 131_072); parsed; parsed = frame.parseFrame(bytes, 131_072)) {
        bytes = parsed.rest;
        const { id, channel } = frame.decodeFrame(parsed);
        if (parsed.type === HEARTBEAT) count.heartbeats++;
        else if (id !== undefined) answers[id]?.(channel);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const label = `amqp://127.0.0.1:${port}/`;
  return {
    endpoint: { scheme: "amqp", host: "127.0.0.1", port, path: "", query: {}, label },
    write(bytes) {
      for (const socket of sockets) socket.write(bytes);
    },
    get published() {
      return count.published;
    },
    get heartbeats() {
      return count.heartbeats;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const HEARTBEAT = 8;
