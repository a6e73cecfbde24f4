import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("read_stream.py", import.meta.url));

/** The first `count` messages of a stream, as python3-pika reads them over AMQP 0-9-1. */
export async function readOverAmqp(
  url: string,
  stream: string,
  count: number,
): Promise<Record<string, unknown>[]> {
  const { stdout } = await promisify(execFile)("/usr/bin/python3", [script, url, stream, String(count)], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
