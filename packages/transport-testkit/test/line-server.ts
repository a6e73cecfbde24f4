import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { StoredMessage } from "@streamll/transport-testkit";

/** Stores each message that it reads as a line, and answers each line by one, in order. */
export interface LineServer {
  readonly port: number;
  readonly stored: StoredMessage[];
  /** It stores nothing, and answers `full`. */
  isFull: boolean;
  close(): void;
}

export async function startLineServer(): Promise<LineServer> {
  const server = createServer((socket) => {
    socket.on("error", () => {}).unref();
    onLines(socket, (line) => {
      if (line === "PING") socket.write("pong\n");
      else if (line === "QUIT") socket.end("bye\n");
      else if (state.isFull) socket.write("full\n");
      else {
        const { body, ...properties } = JSON.parse(line);
        state.stored.push({ ...properties, body: Buffer.from(body, "base64") });
        socket.write("stored\n");
      }
    });
  }).unref();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const state: LineServer = {
    port: (server.address() as AddressInfo).port,
    stored: [],
    isFull: false,
    close: () => server.close(),
  };
  return state;
}

/** Whole lines alone: half of one that a lost connection left is none. */
export function onLines(socket: Socket, hear: (line: string) => void): void {
  let rest: string[] = [];
  socket.setEncoding("utf8").on("data", (text: string) => {
    const [first, ...others] = text.split("\n") as [string, ...string[]];
    rest.push(first);
    for (const next of others) {
      hear(rest.join(""));
      rest = [next];
    }
  });
}
