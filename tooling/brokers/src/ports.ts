import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const names = ["amqp", "amqps", "management", "stream", "distribution", "epmd"] as const;

export type Ports = Readonly<Record<(typeof names)[number], number>>;

// Brokers that start side by side bind theirs only later.
const drawn = new Set<number>();

export async function freePorts(): Promise<Ports> {
  const ports: Partial<Record<keyof Ports, number>> = {};
  for (const name of names) ports[name] = await freePort();
  return ports as Ports;
}

/** A loopback port that nobody listens on, and that no outgoing connection will get. */
export async function freePort(): Promise<number> {
  // Below the range that systems give to outgoing connections: one of those must not have it when a broker that
  // was killed starts again.
  const port = randomInt(20_000, 32_000);
  if (drawn.has(port)) return freePort();
  drawn.add(port);
  return (await isFree(port)) ? port : freePort();
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
