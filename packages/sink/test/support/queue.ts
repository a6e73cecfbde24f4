import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Broker } from "@streamll/brokers";
import { connect } from "amqplib";

/** A message as Debian's python3-pika, which shares nothing with the sink, finds it in the queue. */
export interface FoundMessage {
  readonly key: string;
  readonly messageId: string;
  readonly correlationId: string;
  readonly type: string;
  readonly contentType: string;
  readonly deliveryMode: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** Everything that the queue holds, in its order, and takes it out. */
export async function readQueue(broker: Broker, queue: string): Promise<FoundMessage[]> {
  const script = fileURLToPath(new URL("read_queue.py", import.meta.url));
  const reader = spawn("/usr/bin/python3", [script, broker.url, queue], {
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

/** A name of its own for exchange and queue; both are deleted when it is disposed of. */
export function scratchName(broker: Broker): { readonly name: string } & AsyncDisposable {
  const name = `sink-test-${randomUUID()}`;
  return {
    name,
    async [Symbol.asyncDispose]() {
      const connection = await connect(broker.url);
      const channel = await connection.createChannel();
      await channel.deleteQueue(name);
      await channel.deleteExchange(name);
      await connection.close();
    },
  };
}
