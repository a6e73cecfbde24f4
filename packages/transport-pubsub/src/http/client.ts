import { setMaxListeners } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { type DialAddress, dial, socketClosed } from "@streamll/transport-kit";

/** One request. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In parts, which follow each other. */
  readonly body?: string | readonly Buffer[];
  /** Bounds all of it, in milliseconds. */
  readonly timeoutMs: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** HTTP/1.1 to one host, over sockets that are kept open and are nobody else's. */
export interface HttpClient {
  /** @throws what Node says of the socket, or a `TimedOut`. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** When something came last, as `performance.now()` tells time. */
  readonly heardAt: number;
  /** Bytes that the network has taken. */
  drainedBytes(): number;
  /** Ends every socket. */
  destroy(): void;
}

/** No answer within the time of a request. */
export class TimedOut extends Error {}

/** More than the service ever answers: of a pull, some 10 MB in base64. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

/**
 * @param reached is told when the host has taken a connection.
 * @param broken is told when a socket breaks, also an idle one. One that the other end closes in good order while it idles is
 *   replaced when the next request needs one.
 */
export function httpClient(
  address: DialAddress,
  reached: () => void,
  broken: (error: Error) => void,
): HttpClient {
  const life = new AbortController();
  // Each socket listens to it.
  setMaxListeners(0, life.signal);
  const sockets = new Set<Socket>();
  let drained = 0;
  let heardAt = performance.now();

  const opened = (socket: Socket): Socket => {
    sockets.add(socket);
    reached();
    heardAt = performance.now();
    socket.on("data", () => {
      heardAt = performance.now();
    });
    socket.on("error", broken);
    socket.on("close", () => {
      sockets.delete(socket);
      drained += takenBy(socket);
    });
    return socket;
  };
  const createConnection = (_: unknown, then: (error: unknown, socket?: Socket) => void): void => {
    dial(address, life).then((socket) => then(null, opened(socket)), then);
  };
  // The agent's own way to open a socket would hold the process and tell less of what fails.
  const agent = Object.assign(new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY }), {
    createConnection,
  });
  const { host, port } = address;
  const place = { agent, host, port, hostHeader: hostHeader(address) };

  return {
    get heardAt() {
      return heardAt;
    },
    send: (asked) => (life.signal.aborted ? Promise.reject(socketClosed()) : exchange(place, asked)),
    drainedBytes: () => [...sockets].reduce((bytes, socket) => bytes + takenBy(socket), drained),
    destroy() {
      life.abort();
      agent.destroy();
    },
  };
}

const takenBy = (socket: Socket): number => Math.max(0, (socket.bytesWritten ?? 0) - socket.writableLength);

function hostHeader({ host, port, tls }: DialAddress): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === (tls === undefined ? 80 : 443) ? name : `${name}:${port}`;
}

const lengthOf = (body: string | readonly Buffer[]): number =>
  typeof body === "string" ? Buffer.byteLength(body) : body.reduce((sum, { length }) => sum + length, 0);

interface Place {
  readonly agent: Agent;
  readonly host: string;
  readonly port: number;
  readonly hostHeader: string;
}

function exchange({ agent, host, port, hostHeader }: Place, asked: HttpRequest): Promise<HttpAnswer> {
  const { method, path, headers, body, timeoutMs, signal } = asked;
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request({
      ...{ agent, host, port, method, path },
      headers: {
        ...headers,
        host: hostHeader,
        ...(body !== undefined && {
          "content-type": "application/json",
          "content-length": lengthOf(body),
        }),
      },
    });
    const end = (error: Error) => sent.destroy(error);
    const timer = setTimeout(() => end(new TimedOut(`no answer in ${timeoutMs} ms`)), timeoutMs).unref();
    // Without an error of its own: the socket did not break.
    const giveUp = () => sent.destroy();
    signal?.addEventListener("abort", giveUp, { once: true });
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    };
    // The agent holds the process by a socket that it uses again.
    sent.on("socket", (socket) => socket.unref());
    sent.on("error", reject);
    sent.on("close", () => {
      done();
      reject(socketClosed());
    });
    sent.on("response", (response) => {
      const { statusCode: status = 0, headers } = response;
      collect(response, end, (bytes) => resolve({ status, headers, body: bytes }));
    });
    if (typeof body === "object") {
      // Not put together before: that would cost their memory once more.
      sent.cork();
      for (const part of body) sent.write(part);
      sent.end();
      sent.uncork();
    } else sent.end(body);
    if (signal?.aborted) giveUp();
  });
}

/** An answer that is cut short ends its request, which tells. */
function collect(response: IncomingMessage, end: (error: Error) => void, then: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > LARGEST_ANSWER) end(new Error(`the answer is larger than ${LARGEST_ANSWER} bytes`));
  });
  // Not by a promise: the request's own end would be heard before it.
  response.on("end", () => then(Buffer.concat(chunks)));
  response.on("error", () => {});
}
