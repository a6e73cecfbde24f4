import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Endpoint, TransportError } from "@streamll/core";
import { connectSocket } from "@streamll/transport-kit";
import { afterEach, describe, expect, it, vi } from "vitest";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A peer, and the sockets that it has. */
async function peer(
  answer: (socket: Socket) => void = () => {},
): Promise<{ endpoint: Endpoint; open: Set<Socket> }> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {}).on("close", () => open.delete(socket));
    answer(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: endpointTo(port), open };
}

const endpointTo = (port: number): Endpoint => ({
  scheme: "mine",
  host: "127.0.0.1",
  port,
  path: "",
  query: {},
  label: `mine://127.0.0.1:${port}/`,
});
const never = new AbortController().signal;
const options = { connectionTimeoutMs: 5000 };
const greeting = (socket: Socket) => once(socket, "data").then(([bytes]) => String(bytes));

describe("a socket for a transport", () => {
  it("is what its handshake makes of it, and holds no process", async () => {
    const { endpoint } = await peer((socket) => socket.write("hello"));
    const socket = await connectSocket({ endpoint, port: 1, options, signal: never }, async (open) => {
      expect(await greeting(open)).toBe("hello");
      return open;
    });
    expect((socket as Socket & { _handle: { hasRef(): boolean } })._handle.hasRef()).toBe(false);
    socket.destroy();
  });

  it("goes to the port of the protocol where the endpoint names none", async () => {
    const { port, ...rest } = (await peer()).endpoint;
    const socket = await connectSocket(
      { endpoint: rest, port: port!, options, signal: never },
      (open) => open,
    );
    expect(socket.remotePort).toBe(port);
    socket.destroy();
  });

  it("lives on when the signal of its connect aborts afterwards", async () => {
    const { endpoint } = await peer();
    const signal = new AbortController();
    const socket = await connectSocket({ endpoint, port: 1, options, signal: signal.signal }, (open) => open);
    signal.abort();
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});

describe("a socket that does not come about is let go of, and the error says why", () => {
  const failure = (
    endpoint: Endpoint,
    signal = never,
    own = options,
    handshake: (socket: Socket) => unknown = greeting,
  ) =>
    connectSocket({ endpoint, port: 1, options: own, signal }, handshake).then(
      () => expect.unreachable("it is connected"),
      (error: unknown) => error as TransportError,
    );

  it("nobody listens", async () => {
    const { endpoint } = await peer();
    await closing.splice(0)[0]!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await failure(endpoint)).toMatchObject({
      kind: "unreachable",
      permanent: false,
      message: expect.stringMatching(
        /^mine:\/\/127\.0\.0\.1:\d+\/: connect ECONNREFUSED .*Check host and port/,
      ),
    });
  });

  it("the time is up while the handshake waits", async () => {
    const { endpoint, open } = await peer();
    expect(await failure(endpoint, never, { connectionTimeoutMs: 30 })).toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("not connected in 30 ms: the host answers, the broker does not"),
    });
    await vi.waitUntil(() => open.size === 0, { timeout: 10_000 });
  });

  it("the signal aborts while the handshake waits, or has aborted before", async () => {
    const { endpoint, open } = await peer();
    const signal = new AbortController();
    const failed = failure(endpoint, signal.signal);
    await vi.waitUntil(() => open.size === 1, { timeout: 10_000 });
    signal.abort();
    expect(await failed).toBeInstanceOf(TransportError);
    await vi.waitUntil(() => open.size === 0, { timeout: 10_000 });
    expect(await failure(endpoint, AbortSignal.abort())).toMatchObject({ kind: "unreachable" });
  });

  it("the handshake throws: an error of the seam stays as it is, another is of the protocol", async () => {
    const { endpoint, open } = await peer();
    const refused = new TransportError("auth", "the password is refused", { permanent: true });
    expect(await failure(endpoint, never, options, () => Promise.reject(refused))).toBe(refused);
    const thrown = () => {
      throw new Error("what?");
    };
    expect(await failure(endpoint, never, options, thrown)).toMatchObject({
      kind: "protocol",
      message: `${endpoint.label}: what?`,
    });
    await vi.waitUntil(() => open.size === 0, { timeout: 10_000 });
  });

  it("the other end hangs up in the middle of the handshake", async () => {
    const { endpoint } = await peer((socket) => socket.end());
    expect(await failure(endpoint, never, options, () => new Promise(() => {}))).toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("hung up during the handshake"),
    });
  });

  it("the port does not speak TLS", async () => {
    const { endpoint } = await peer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const tls = { rejectUnauthorized: true };
    expect(await failure(endpoint, never, { ...options, tls } as typeof options)).toMatchObject({
      kind: "tls",
      permanent: true,
    });
  });

  it("the port takes the connection, and says nothing to TLS", async () => {
    const { endpoint, open } = await peer((socket) => socket.resume());
    const tls = { rejectUnauthorized: true };
    expect(await failure(endpoint, never, { connectionTimeoutMs: 500, tls } as typeof options)).toMatchObject(
      {
        kind: "timeout",
        message: expect.stringContaining("check that the server speaks TLS on this port"),
      },
    );
    await vi.waitUntil(() => open.size === 0, { timeout: 10_000 });
  });

  it("the other end hangs up as soon as TLS begins", async () => {
    const { endpoint } = await peer((socket) => socket.once("data", () => socket.end()));
    const tls = { rejectUnauthorized: true };
    expect(await failure(endpoint, never, { ...options, tls } as typeof options)).toMatchObject({
      kind: "tls",
      permanent: false,
      message: expect.stringContaining("check that it speaks TLS on this port"),
    });
  });
});
