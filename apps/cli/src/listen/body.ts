import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Refusal, tryAgain } from "./answer.js";

const unzip = promisify(gunzip);

/** How many bodies of the largest size may be in memory at once. */
const bodiesAtOnce = 4;

/** Bounds each body, and what all of them take together. */
export class Bodies {
  readonly #maxBytes: number;
  #held = 0;

  /** @param maxBytes Of one body, as it was sent and as it is after gunzip. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads a body, and holds its share of the memory until the work with it is done.
   *
   * @throws Refusal for one that is too large, or not what its header says.
   */
  async with<T>(request: IncomingMessage, work: (body: Buffer) => Promise<T>): Promise<T> {
    const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
    if (encoding !== "identity" && encoding !== "gzip")
      throw new Refusal(415, "write the body plain or with Content-Encoding: gzip");
    if (Number(request.headers["content-length"]) > this.#maxBytes) throw this.#tooLarge();
    const share = { bytes: 0 };
    try {
      const sent = await this.#read(request, share);
      return await work(encoding === "gzip" ? await this.#unzipped(sent, share) : sent);
    } finally {
      this.#held -= share.bytes;
    }
  }

  async #read(request: IncomingMessage, share: { bytes: number }): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      this.#hold(chunk.length, share);
      if (share.bytes > this.#maxBytes) throw this.#tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  async #unzipped(sent: Buffer, share: { bytes: number }): Promise<Buffer> {
    let body: Buffer;
    try {
      body = await unzip(sent, { maxOutputLength: this.#maxBytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw this.#tooLarge();
      throw new Refusal(400, "the body is not gzip, though Content-Encoding says so");
    }
    this.#hold(body.length, share);
    return body;
  }

  #hold(bytes: number, share: { bytes: number }): void {
    if (this.#held + bytes > bodiesAtOnce * this.#maxBytes)
      throw tryAgain(429, "too many requests at once; send this one again");
    this.#held += bytes;
    share.bytes += bytes;
  }

  #tooLarge(): Refusal {
    const most = this.#maxBytes.toLocaleString("en");
    return new Refusal(
      413,
      `the body has more than ${most} bytes, plain or after gunzip; send smaller ones`,
      {
        connection: "close",
      },
    );
  }
}
