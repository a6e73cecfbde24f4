import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { TransportError } from "@streamll/core";
import { socketLife } from "@streamll/transport-kit";
import { afterEach, describe, expect, it } from "vitest";

const never = new AbortController().signal;
const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
});

/** Both ends of a connection. */
async function pair(): Promise<{ client: Socket; server: Socket }> {
  const listening = createServer().listen(0, "127.0.0.1");
  await once(listening, "listening");
  const accepted = once(listening, "connection");
  const client = connect((listening.address() as AddressInfo).port, "127.0.0.1");
  const [server] = (await accepted) as [Socket];
  if (client.connecting) await once(client, "connect");
  listening.close();
  server.on("error", () => {});
  open.push(client, server);
  return { client, server };
}

describe("the life of a socket", () => {
  it("ends in good order once the peer has answered what it was sent, and has hung up", async () => {
    const { client, server } = await pair();
    const heard: string[] = [];
    client.on("data", (bytes) => heard.push(String(bytes)));
    server.once("data", () => setTimeout(() => server.end("all of it"), 20));
    const life = socketLife(client, { label: "mine://here", goodbye: () => void client.write("QUIT") });
    expect(life.isClosing()).toBe(false);
    const closing = life.close(never);
    expect(life.isClosing()).toBe(true);
    await closing;
    expect(await life.closed).toBeUndefined();
    expect(heard.join("")).toBe("all of it");
  });

  it("says goodbye once, however often it is closed", async () => {
    const { client, server } = await pair();
    let goodbyes = 0;
    client.resume();
    const life = socketLife(client, { label: "", goodbye: () => void goodbyes++ });
    const closing = [life.close(never), life.close(never)];
    server.end();
    await Promise.all(closing);
    await life.close(never);
    expect(goodbyes).toBe(1);
  });

  it("ends at once when the signal of close aborts, whatever the peer does", async () => {
    const { client } = await pair();
    const signal = new AbortController();
    const life = socketLife(client, { label: "", goodbye: () => {} });
    const closing = life.close(signal.signal);
    signal.abort();
    await closing;
    expect(client.destroyed).toBe(true);
    expect(await life.closed).toBeUndefined();
  });

  it("ends with what the transport says of it, not with what follows from that", async () => {
    const { client } = await pair();
    const life = socketLife(client, { label: "" });
    const error = new TransportError("protocol", "the peer is not mine");
    life.fail(error);
    life.fail(new TransportError("timeout", "later"));
    expect(await life.closed).toBe(error);
  });

  it.each([
    ["hangs up", (server: Socket) => server.end(), "unreachable", "mine://here: Socket closed"],
    ["resets the connection", (server: Socket) => server.resetAndDestroy(), "unreachable", "ECONNRESET"],
  ])("ends with an error when the peer %s", async (_how, end, kind, message) => {
    const { client, server } = await pair();
    client.resume();
    const life = socketLife(client, { label: "mine://here" });
    end(server);
    expect(await life.closed).toMatchObject({ kind, message: expect.stringContaining(message) });
  });
});
