import { randomUUID } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { MemoryBroker } from "@streamll/transport-memory";
import { run } from "../../src/run.js";
import type { Shell } from "../../src/shell.js";

/** A stream that remembers what was written to it. */
class Screen extends PassThrough {
  text = "";

  constructor(readonly isTTY = false) {
    super();
    this.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("utf8");
    });
  }
}

export interface Given {
  readonly stdin?: Iterable<string | Buffer> | Readable;
  readonly env?: NodeJS.ProcessEnv;
  readonly terminal?: boolean;
}

/** Runs the command in this process, with an in-process broker of its own as the default. */
export function command(args: readonly string[], { stdin = [], env = {}, terminal = false }: Given = {}) {
  const name = randomUUID();
  const stdout = new Screen(terminal);
  const stderr = new Screen(terminal);
  const interrupt = new AbortController();
  const shell: Shell = {
    stdin: stdin instanceof Readable ? stdin : Readable.from(chunksOf(stdin), { objectMode: false }),
    stdout,
    stderr,
    env: { RABBITMQ_URL: `memory:${name}`, ...env },
    interrupted: interrupt.signal,
  };
  return {
    broker: MemoryBroker.named(name),
    stdout,
    stderr,
    interrupt: () => interrupt.abort(130),
    code: run(args, shell),
  };
}

function* chunksOf(parts: Iterable<string | Buffer>): Generator<Buffer> {
  for (const part of parts) yield Buffer.from(part as string);
}

/** The events of a queue, as objects. */
export const bodiesIn = (broker: MemoryBroker, queue = "streamll_events") =>
  broker.consume(queue).map(({ body }) => JSON.parse(body.toString("utf8")) as Record<string, unknown>);
