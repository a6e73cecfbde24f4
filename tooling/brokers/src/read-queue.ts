import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Broker } from "./broker.js";

// Debian's, also where another python3 comes first on the path.
const python = "/usr/bin/python3";

let checked: { readonly reason: string | undefined } | undefined;

/** Why no queue can be read with python3-pika here, where that is so. Brokers from Debian bring it along. */
export function unreadable(): string | undefined {
  checked ??= {
    reason:
      spawnSync(python, ["-c", "import pika"]).status === 0
        ? undefined
        : "reads the queue with python3-pika, which this machine has not (apt-get install python3-pika)",
  };
  return checked.reason;
}

/** A message as Debian's python3-pika, which shares nothing with the sink, finds it in the queue. */
export interface FoundMessage {
  readonly key: string;
  readonly messageId: string;
  readonly correlationId: string;
  readonly type: string;
  readonly contentType: string;
  readonly deliveryMode: number;
  readonly exchange: string;
  readonly appId: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** Everything that the queue holds, in its order, and takes it out; what a stream holds stays there. */
export async function readQueue(
  { url }: Pick<Broker, "url">,
  queue: string,
  { isStream = false } = {},
): Promise<FoundMessage[]> {
  const script = fileURLToPath(new URL("read_queue.py", import.meta.url));
  const reader = spawn(python, [script, url, queue, isStream ? "stream" : "queue"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    reader.on("error", reject).on("close", resolve);
  });
  const found: FoundMessage[] = [];
  for await (const line of createInterface(reader.stdout)) found.push(JSON.parse(line) as FoundMessage);
  const code = await ended;
  if (code !== 0) throw new Error(`the reader ended with ${code}`);
  return found;
}
