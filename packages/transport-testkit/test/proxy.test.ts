import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { proxyTo } from "@streamll/transport-testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const server = createServer((socket) => socket.on("error", () => {}).pipe(socket));
let port: number;
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

const dial = async (to: number): Promise<Socket> => {
  const socket = connect(to, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  return socket;
};
const echo = async (socket: Socket, text: string) => {
  socket.write(text);
  return String((await once(socket, "data"))[0]);
};

it("a proxy leads to a broker by another port, and leaves the rest of a URL as it is", async () => {
  await using proxy = await proxyTo(`redis-streams://u:p%40@127.0.0.1:${port}/path?maxlen=5`);
  expect(proxy.endpoint).toMatch(/^redis-streams:\/\/u:p%40@127\.0\.0\.1:\d+\/path\?maxlen=5$/);
  const socket = await dial(Number(new URL(proxy.endpoint).port));
  expect(await echo(socket, "hello")).toBe("hello");
  socket.destroy();
});

it("a proxy keeps silence on demand, and drops all connections", async () => {
  await using proxy = await proxyTo({ host: "127.0.0.1", port });
  const socket = await dial(proxy.endpoint.port);
  const heal = await (proxy.faults.silence as () => () => unknown)();
  const answered = vi.fn();
  socket.once("data", answered);
  socket.write("held");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(answered).not.toHaveBeenCalled();
  heal();
  await vi.waitUntil(() => answered.mock.calls.length === 1, { timeout: 10_000 });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await (proxy.faults.disconnect as () => unknown)();
  await closed;
  expect(socket.destroyed).toBe(true);
});

it("a proxy needs to know the port of the broker", async () => {
  await expect(proxyTo("mine://localhost/")).rejects.toThrow("needs the port of the broker");
});
