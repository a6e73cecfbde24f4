import type { Socket } from "node:net";
import { corkForTurn, socketClosed } from "@streamll/transport-kit";
import { readClosing } from "./protocol/close.js";
import { nameOfCode, OK } from "./protocol/codes.js";
import { CLOSE, CREDIT, HEARTBEAT, METADATA, PARTITIONS, RESPONSE, ROUTE } from "./protocol/commands.js";
import { Reader } from "./protocol/reader.js";
import { FrameSplitter } from "./protocol/splitter.js";
import { frame, u16, u32 } from "./protocol/writer.js";

/** What a peer may send at once, in bytes, while or where no limit is agreed on. */
const LARGEST_FRAME = 1024 * 1024;

/** A request was answered with a code other than ok. */
export class RefusedError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(nameOfCode(code));
    this.name = "RefusedError";
    this.code = code;
  }
}

/** The broker ended the connection with a word. */
export class ClosedByBrokerError extends Error {
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason === "" ? nameOfCode(code) : reason);
    this.name = "ClosedByBrokerError";
    this.code = code;
  }
}

/** The other end was silent for two heartbeats. */
export class SilentPeerError extends Error {}

interface Waiting {
  resolve(answer: Reader): void;
  reject(error: Error): void;
}

/** One connection: requests with their answers, and what the broker sends on its own. */
export class Wire {
  readonly socket: Socket;
  /** Settles once it can no longer be used, with the reason. */
  readonly ended: Promise<Error>;
  /** Hears every frame that is not an answer. What it throws ends the connection. */
  onPush: (command: number, content: Reader) => void = () => {};
  readonly #splitter = new FrameSplitter(LARGEST_FRAME);
  readonly #answers = new Map<number, Waiting>();
  #correlationId = 0;
  #readAt = performance.now();
  #wroteAt = performance.now();
  #heart: NodeJS.Timeout | undefined;
  #ended = false;
  #resolveEnded!: (error: Error) => void;

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", (error) => this.end(error));
    socket.on("end", () => this.end(socketClosed()));
    socket.on("close", () => this.end(socketClosed()));
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Writes at once, behind the bytes that wait for the end of the turn. */
  write(bytes: Buffer): void {
    if (this.#ended) return;
    this.#wroteAt = performance.now();
    this.socket.uncork();
    this.socket.write(bytes);
  }

  /** The same, together with what else is published in this turn. The bytes must not be written over meanwhile. */
  publish(bytes: Buffer): void {
    if (this.#ended) return;
    this.#wroteAt = performance.now();
    corkForTurn(this.socket);
    this.socket.write(bytes);
  }

  /** @throws RefusedError for any answer but ok; else the reason why the connection ended. */
  ask(command: number, ...fields: readonly Buffer[]): Promise<Reader> {
    const correlationId = ++this.#correlationId;
    const answer = new Promise<Reader>((resolve, reject) => {
      if (this.#ended) return reject(socketClosed());
      this.#answers.set(correlationId, { resolve, reject });
    });
    this.write(frame(command, 1, u32(correlationId), ...fields));
    return answer;
  }

  /** Sets the largest frame, in bytes, as agreed on. */
  limit(frameMax: number): void {
    this.#splitter.largest = Math.max(frameMax, LARGEST_FRAME);
  }

  /** Answers a request of the broker. */
  answer(command: number, correlationId: number, ...fields: readonly Buffer[]): void {
    this.write(frame(command | RESPONSE, 1, u32(correlationId), u16(OK), ...fields));
  }

  /** Sends heartbeats, and watches for the peer's, from now on. In seconds, as agreed on; 0 is none. */
  beat(seconds: number): void {
    if (seconds === 0 || this.#ended) return;
    const interval = seconds * 1000;
    const heartbeat = frame(HEARTBEAT, 1);
    this.#readAt = performance.now();
    const silent = () => performance.now() - this.#readAt > 2 * interval;
    this.#heart = setInterval(() => {
      if (performance.now() - this.#wroteAt >= interval / 2) this.write(heartbeat);
      // Decided once what came in is read: an event loop that stood still does not make the peer silent.
      if (silent())
        setImmediate(() => silent() && this.end(new SilentPeerError("Heartbeat timeout"))).unref();
    }, interval / 2);
    this.#heart.unref();
  }

  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#heart);
    this.socket.destroy();
    for (const { reject } of this.#answers.values()) reject(error);
    this.#answers.clear();
    this.#resolveEnded(error);
  }

  #received(chunk: Buffer): void {
    this.#readAt = performance.now();
    try {
      this.#splitter.push(chunk, (content) => {
        if (!this.#ended) this.#read(new Reader(content));
      });
    } catch (error) {
      this.end(error as Error);
    }
  }

  #read(content: Reader): void {
    const key = content.u16();
    content.u16();
    // Answers no request: more credit for a subscription that is not there, or not active.
    if (key === (CREDIT | RESPONSE)) return this.onPush(key, content);
    // Before RabbitMQ 3.12 the answers to these two came without the bit that marks an answer.
    if (key & RESPONSE || key === ROUTE || key === PARTITIONS)
      return this.#answered(key & ~RESPONSE, content);
    if (key === HEARTBEAT) return;
    if (key !== CLOSE) return this.onPush(key, content);
    const correlationId = content.u32();
    const { code, reason } = readClosing(content);
    this.answer(CLOSE, correlationId);
    this.end(new ClosedByBrokerError(code, reason));
  }

  #answered(command: number, content: Reader): void {
    const correlationId = content.u32();
    const waiting = this.#answers.get(correlationId);
    this.#answers.delete(correlationId);
    // Metadata has a code for each stream, and none of its own.
    const code = command === METADATA ? OK : content.u16();
    if (code === OK) waiting?.resolve(content);
    else waiting?.reject(new RefusedError(code));
  }
}
