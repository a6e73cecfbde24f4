import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "@streamll/brokers";
import { ContentFrames, type Framing, framings } from "./content-frames.js";
import { type Direction, LineConditions } from "./line-conditions.js";
import type { Protocol } from "./protocol.js";

/** Held back in one direction at most, in bytes; with more the sender feels it, as on a real line. */
const HELD = 64 * 1024;

export interface ProxyOptions {
  /** What is spoken on it. Default: AMQP 0-9-1. */
  readonly over?: Protocol;
  /** Where it listens. Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
}

interface Link {
  readonly client: Socket;
  readonly broker: Socket;
}

/**
 * A TCP proxy on loopback in front of one broker, which can be made to fail in every way that a network can. What is
 * set holds for connections that are there and for those that come, until {@link heal}.
 */
export class FaultProxy implements AsyncDisposable {
  readonly port: number;
  readonly #host: string;
  readonly #framing: Framing;
  readonly #conditions = new LineConditions();
  readonly #links = new Set<Link>();
  #target: URL;
  #server: Server | undefined;

  private constructor(target: URL, { over, host, port }: Required<ProxyOptions>) {
    this.#target = target;
    this.#framing = framings[over];
    this.#host = host;
    this.port = port;
  }

  /** @param url the broker's; `amqps` passes through as it is. */
  static async to(
    url: string,
    { over = "amqp", host = "127.0.0.1", port }: ProxyOptions = {},
  ): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(url), { over, host, port: port ?? (await freePort()) });
    await proxy.#listen();
    return proxy;
  }

  /** The broker's URL by way of the proxy. */
  get url(): string {
    return this.#target.href.replace(this.#target.host, `${this.#target.hostname}:${this.port}`);
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Each way, in milliseconds. */
  latency(milliseconds: number): void {
    this.#conditions.latencyMs = milliseconds;
  }

  /** Of all connections together, each way. */
  bandwidth(bytesPerSecond: number): void {
    this.#conditions.bytesPerSecond = bytesPerSecond;
  }

  /** One byte at a time. */
  trickle(): void {
    this.#conditions.partBytes = 1;
  }

  /** Nothing passes, new connections are taken and stay silent, and nobody is told that the other end hung up. */
  blackHole(): void {
    this.#conditions.silence("toBroker", "toClient");
  }

  /** One direction stays silent. */
  halfOpen(silent: Direction): void {
    this.#conditions.silence(silent);
  }

  /**
   * The connections that are there pass nothing any more, for good, and the client is not told: as by a firewall that has
   * forgotten them. New ones are not concerned.
   */
  forget(): void {
    for (const { client, broker } of this.#links) {
      client.removeAllListeners("data").resume();
      broker.removeAllListeners("close").destroy();
    }
  }

  /** Ends the connections that are there, in an orderly way (FIN). */
  cut(): void {
    for (const { client, broker } of this.#links) {
      client.end();
      broker.end();
    }
  }

  /** Ends the connections that are there with a RST. */
  reset(): void {
    for (const link of this.#links) resetLink(link);
  }

  /** Resets each connection once so many more bytes have gone from it to the broker. */
  cutAfter(bytes: number): void {
    this.#conditions.cutAfter = { bytes };
  }

  /** Resets each connection in the middle of the next frame that carries a message's body. */
  cutInContentFrame(): void {
    this.#conditions.cutInContent = true;
  }

  /**
   * Passes nothing in this direction any more from the chunk on that holds these bytes, such as a method's number;
   * resolves when it has come.
   */
  holdAt(bytes: Buffer, direction: Direction = "toBroker"): Promise<void> {
    return new Promise((reached) => {
      this.#conditions.holdAt = { bytes, direction, reached };
    });
  }

  /** New connections are refused; those that are there stay. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** All is well again. What was held back passes. */
  async heal(): Promise<void> {
    this.#conditions.clear();
    if (this.#server === undefined) await this.#listen();
  }

  /** New connections lead to another broker. */
  pointAt(url: string): void {
    this.#target = new URL(url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    this.#conditions.clear();
    for (const { client, broker } of this.#links) {
      client.destroy();
      broker.destroy();
    }
  }

  async #listen(): Promise<void> {
    this.#server = createServer({ noDelay: true }, (client) => this.#open(client));
    this.#server.listen(this.port, this.#host);
    await once(this.#server, "listening");
  }

  #open(client: Socket): void {
    const { hostname: host, port } = this.#target;
    const broker = connect({ host, port: Number(port), noDelay: true });
    const link = { client, broker };
    this.#links.add(link);
    this.#pass(link, "toBroker");
    this.#pass(link, "toClient");
  }

  /** Passes on what comes from one end, in order, and in the end its end. */
  #pass(link: Link, direction: Direction): void {
    const conditions = this.#conditions;
    const [from, to] = direction === "toBroker" ? [link.client, link.broker] : [link.broker, link.client];
    const cut = direction === "toBroker" ? this.#cutter(link) : () => false;
    let held = 0;
    let turn = Promise.resolve();
    from.on("data", (bytes) => {
      const due = performance.now() + conditions.latencyMs;
      held += bytes.length;
      // A long line holds what is under way on it.
      if (held > HELD && conditions.latencyMs === 0) from.pause();
      turn = turn.then(async () => {
        for await (const part of conditions.parts(bytes, direction, due)) {
          if (to.destroyed || cut(part)) break;
          if (!to.write(part)) await drained(to);
        }
        held -= bytes.length;
        if (held <= HELD) from.resume();
      });
    });
    // Why it ended is seen at "close", which follows.
    from.on("error", () => {});
    from.once("close", (failed) => {
      void turn.then(async () => {
        await conditions.passing(direction);
        this.#links.delete(link);
        if (failed) resetLink({ client: to, broker: to });
        else to.destroySoon();
      });
    });
  }

  /** Counts what goes to the broker; `true` once the link was cut, in the middle of what is given. */
  #cutter(link: Link): (part: Buffer) => boolean {
    const conditions = this.#conditions;
    const frames = new ContentFrames(this.#framing);
    let order = conditions.cutAfter;
    let counted = 0;
    return (part) => {
      if (order !== conditions.cutAfter) counted = 0;
      order = conditions.cutAfter;
      const inContent = frames.read(part);
      const at = conditions.cutInContent
        ? inContent
        : order && counted + part.length >= order.bytes
          ? order.bytes - counted
          : undefined;
      counted += part.length;
      if (at === undefined) return false;
      link.broker.write(part.subarray(0, at), () => resetLink(link));
      return true;
    };
  }
}

function resetLink(link: Link): void {
  for (const socket of [link.client, link.broker]) {
    if (socket.connecting) socket.destroy();
    else socket.resetAndDestroy();
  }
}

const drained = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once("drain", resolve).once("close", () => resolve()));
