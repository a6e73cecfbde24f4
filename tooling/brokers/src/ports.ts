import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const names = ["amqp", "amqps", "management", "stream", "distribution", "epmd"] as const;

export type Ports = Readonly<Record<(typeof names)[number], number>>;

export async function freePorts(): Promise<Ports> {
  const found = new Set<number>();
  while (found.size < names.length) {
    // Below the range that systems give to outgoing connections: one of those must not have it when a broker that
    // was killed starts again.
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) found.add(port);
  }
  const ports = [...found];
  return Object.fromEntries(names.map((name, i) => [name, ports[i]])) as Record<keyof Ports, number>;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
