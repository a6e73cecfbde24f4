import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "@streamll/core";
import * as command from "../../src/protocol/commands.js";
import { Reader } from "../../src/protocol/reader.js";
import { FrameSplitter } from "../../src/protocol/splitter.js";
import { frame, list, map, string, u8, u16, u32, u64 } from "../../src/protocol/writer.js";

export interface StoredEntry {
  readonly reference: string;
  readonly publishingId: number;
  readonly message: Buffer;
}

interface FakeStream {
  readonly stored: StoredEntry[];
  /** The deduplication of a real stream: by reference, the highest publishing id. */
  readonly last: Map<string, number>;
}

/** A frame as it came in, whole. */
export interface ReceivedFrame {
  readonly command: number;
  readonly version: number;
  readonly bytes: Buffer;
}

/** Dies once when so many bytes came in, or went out. */
export interface Death {
  readonly direction: "in" | "out";
  readonly after: number;
}

export interface FakeServerOptions {
  /** As its peer properties say. */
  readonly version?: string;
  readonly streams?: readonly string[];
  readonly deaths?: readonly Death[];
  /** Answers in the place of the server; `undefined` leaves it to that. */
  readonly answer?: (
    key: number,
    content: Reader,
    connection: FakeConnection,
  ) => Buffer | "nothing" | undefined;
}

/** Speaks the server's side of the stream protocol, as far as a publisher asks for it; a consumer it only answers. */
export class FakeStreamServer implements AsyncDisposable {
  readonly streams = new Map<string, FakeStream>();
  readonly received: ReceivedFrame[] = [];
  readonly connections = new Set<FakeConnection>();
  /** How many were ever accepted. */
  accepted = 0;
  readonly options: FakeServerOptions;
  readonly #server: Server;
  readonly #deaths: Death[];
  #in = 0;
  #out = 0;

  private constructor(options: FakeServerOptions) {
    this.options = options;
    this.#deaths = [...(options.deaths ?? [])];
    for (const name of options.streams ?? ["events"]) this.create(name);
    this.#server = createServer((socket) => {
      this.accepted++;
      const connection = new FakeConnection(socket, this);
      this.connections.add(connection);
      socket.on("close", () => this.connections.delete(connection));
    });
    this.#server.unref();
  }

  static async start(options: FakeServerOptions = {}): Promise<FakeStreamServer> {
    const server = new FakeStreamServer(options);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): Endpoint {
    const { port } = this;
    const label = `rabbitmq-stream://127.0.0.1:${port}/`;
    return { scheme: "rabbitmq-stream", host: "127.0.0.1", port, path: "", query: {}, label };
  }

  /** Bytes so far. */
  get traffic(): Readonly<Record<Death["direction"], number>> {
    return { in: this.#in, out: this.#out };
  }

  create(name: string): void {
    this.streams.set(name, { stored: [], last: new Map() });
  }

  /** How many of these bytes still go through before it dies. */
  passing(direction: Death["direction"], bytes: number): number {
    const before = direction === "in" ? this.#in : this.#out;
    if (direction === "in") this.#in += bytes;
    else this.#out += bytes;
    const index = this.#deaths.findIndex(
      (death) => death.direction === direction && death.after < before + bytes,
    );
    if (index < 0) return bytes;
    const [death] = this.#deaths.splice(index, 1);
    return Math.max(0, death!.after - before);
  }

  /** Ends all connections at once, as a kill does. */
  die(): void {
    for (const { socket } of this.connections) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.die();
  }
}

/** A client's word on the limits, and such. */
const unanswered: readonly number[] = [command.TUNE, command.HEARTBEAT, command.CREDIT, command.STORE_OFFSET];

export class FakeConnection {
  readonly socket: Socket;
  readonly #server: FakeStreamServer;
  readonly #splitter = new FrameSplitter(16 * 1024 * 1024);
  #dying = false;
  readonly #publishers = new Map<number, { readonly reference: string; readonly stream: string }>();

  constructor(socket: Socket, server: FakeStreamServer) {
    this.socket = socket;
    this.#server = server;
    socket.unref();
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const passing = server.passing("in", chunk.length);
      this.#splitter.push(chunk.subarray(0, passing), (content) => this.#read(content));
      if (passing < chunk.length) server.die();
    });
  }

  send(bytes: Buffer): void {
    if (this.#dying) return;
    const passing = this.#server.passing("out", bytes.length);
    if (passing === bytes.length) this.socket.write(bytes);
    else {
      // The last bytes arrive; what follows does not.
      this.#dying = true;
      this.socket.write(bytes.subarray(0, passing), () => this.#server.die());
    }
  }

  #read(content: Buffer): void {
    const reader = new Reader(content);
    const key = reader.u16();
    const version = reader.u16();
    this.#server.received.push({
      command: key,
      version,
      bytes: Buffer.concat([u32(content.length), content]),
    });
    const own = this.#server.options.answer?.(key, new Reader(content, 4), this);
    if (own === "nothing") return;
    if (own !== undefined) return this.send(own);
    if (key === command.PUBLISH) return this.#publish(reader);
    if (unanswered.includes(key) || key & command.RESPONSE) return;
    const id = reader.u32();
    this.send(this.#answer(key, id, reader));
    if (key === command.SASL_AUTHENTICATE) this.send(frame(command.TUNE, 1, u32(1024 * 1024), u32(60)));
    if (key === command.CLOSE) this.socket.end();
  }

  #answer(key: number, id: number, request: Reader): Buffer {
    const answer = (code: number, ...fields: Buffer[]) =>
      frame(key | command.RESPONSE, 1, u32(id), u16(code), ...fields);
    const { streams, port, options } = this.#server;
    const known = (name: string) => (streams.has(name) ? 1 : 2);
    switch (key) {
      case command.PEER_PROPERTIES:
        return answer(1, map({ product: "RabbitMQ", version: options.version ?? "4.0.5" }));
      case command.SASL_HANDSHAKE:
        return answer(1, list(["PLAIN"], string));
      case command.OPEN:
        return answer(1, map({ advertised_host: "127.0.0.1", advertised_port: String(port) }));
      case command.EXCHANGE_COMMAND_VERSIONS:
        return answer(1, u32(1), u16(command.PUBLISH), u16(1), u16(2));
      case command.CREATE: {
        const name = request.string();
        if (streams.has(name)) return answer(5);
        this.#server.create(name);
        return answer(1);
      }
      case command.METADATA: {
        const names = request.list(2, (reader) => reader.string());
        const brokers = Buffer.concat([u32(1), u16(0), string("127.0.0.1"), u32(port)]);
        const infos = list(names, (name) => Buffer.concat([string(name), u16(known(name)), u16(0), u32(0)]));
        return frame(key | command.RESPONSE, 1, u32(id), brokers, infos);
      }
      case command.DECLARE_PUBLISHER: {
        const publisherId = request.u8();
        const publisher = { reference: request.string(), stream: request.string() };
        this.#publishers.set(publisherId, publisher);
        return answer(known(publisher.stream));
      }
      case command.QUERY_PUBLISHER_SEQUENCE: {
        const reference = request.string();
        return answer(1, u64(streams.get(request.string())?.last.get(reference) ?? 0));
      }
      case command.QUERY_OFFSET:
        return answer(1, u64(41));
      default:
        return answer(1);
    }
  }

  /** Duplicates are confirmed in a frame of their own, before what is new. */
  #publish(request: Reader): void {
    const publisherId = request.u8();
    const publisher = this.#publishers.get(publisherId);
    const stream = this.#server.streams.get(publisher?.stream ?? "");
    if (publisher === undefined || stream === undefined) return;
    const { reference } = publisher;
    const [fresh, duplicates]: [number[], number[]] = [[], []];
    for (const [publishingId, message] of request.list(
      12,
      (reader) => [reader.u64(), reader.bytes(reader.u32())] as const,
    )) {
      const isDuplicate = reference !== "" && publishingId <= (stream.last.get(reference) ?? -1);
      (isDuplicate ? duplicates : fresh).push(publishingId);
      if (isDuplicate) continue;
      stream.last.set(reference, publishingId);
      stream.stored.push({ reference, publishingId, message: Buffer.from(message) });
    }
    for (const ids of [duplicates, fresh]) {
      if (ids.length > 0) this.send(frame(command.PUBLISH_CONFIRM, 1, u8(publisherId), list(ids, u64)));
    }
  }
}
