import { spawn } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { attemptsAt, dialTcp } from "@streamll/transport-kit";
import { afterEach, describe, expect, it, vi } from "vitest";

/** A name that stands for several addresses. */
function resolveTo(...addresses: readonly string[]): void {
  const all = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  vi.spyOn(dns, "lookup").mockImplementation(((
    _host: string,
    _options: unknown,
    done: (...given: unknown[]) => void,
  ) => process.nextTick(done, null, all)) as never);
}

/** A server that the kernel answers for only once it goes on: stopped, with its queue of connections full. */
async function stoppedServer() {
  const program = `require("node:net").createServer((socket) => socket.on("error", () => {}))
    .listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () { console.log(this.address().port); });
    setTimeout(process.exit, 60_000);`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  child.kill("SIGSTOP");
  const queue: Socket[] = [];
  const isTaken = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => {});
      queue.push(socket);
      setTimeout(resolve, 300, false);
    });
  while (await isTaken());
  return {
    port,
    goOn: () => child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      for (const socket of queue) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

describe("of a host with several addresses", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("the first is reached also when it is slow", async () => {
    await using server = await stoppedServer();
    resolveTo("127.0.0.1", "::1");
    const dialled = dialTcp(
      { host: "broker", port: server.port, timeoutMs: 60_000 },
      AbortSignal.timeout(60_000),
    );
    setTimeout(server.goOn, 600);
    const socket = await dialled;
    expect(socket.remoteAddress).toBe("127.0.0.1");
    socket.destroy();
  }, 60_000);

  it("the second is reached when the first does not answer at all", async () => {
    await using server = await stoppedServer();
    await using second = await listening("::1", server.port);
    resolveTo("127.0.0.1", "::1");
    const address = { host: "broker", port: server.port, timeoutMs: 3000 };
    const socket = await dialTcp(address, AbortSignal.timeout(60_000));
    expect(socket.remoteAddress).toBe("::1");
    expect(second.taken).toBe(1);
    socket.destroy();
  }, 60_000);

  it("each has the same share of connectionTimeout, and the handshake has one", async () => {
    resolveTo("127.0.0.1", "127.0.0.2", "::1");
    const shares = async (timeoutMs: number, host = "broker") => attemptsAt({ host, port: 1, timeoutMs });
    expect(await shares(30_000)).toEqual({ autoSelectFamilyAttemptTimeout: 7500 });
    expect(await shares(1)).toEqual({ autoSelectFamilyAttemptTimeout: 10 });
    expect(await shares(30_000, "127.0.0.1")).toEqual({});
  });

  it("an unknown name is said to be one", async () => {
    const dialled = dialTcp(
      { host: "no-such-host.invalid", port: 1, timeoutMs: 1000 },
      AbortSignal.timeout(30_000),
    );
    await expect(dialled).rejects.toMatchObject({ code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
  }, 40_000);
});

async function listening(host: string, port: number) {
  const { createServer } = await import("node:net");
  let taken = 0;
  const server = createServer((socket) => {
    taken++;
    socket.on("error", () => {});
  });
  server.listen({ host, port });
  await once(server, "listening");
  return {
    get taken() {
      return taken;
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
