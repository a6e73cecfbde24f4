import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Broker } from "@streamll/brokers";

/** A message as the reader found it. */
export interface Found {
  readonly id: string;
  readonly execution: string;
  /** When the broker took it, by its own clock; 0 where it does not say. */
  readonly stamp: number;
  /** The broker says that it delivered it before. */
  readonly redelivered: boolean;
}

/** Debian's, as that of `readQueue`. */
const PYTHON = "/usr/bin/python3";

/** pika in a process of its own, which takes out what comes into a queue, all the time. */
export class Reader implements Disposable {
  readonly #child: ChildProcess;
  readonly #done: Promise<void>;

  constructor({ url }: Pick<Broker, "url">, queue: string, take: (found: Found) => void) {
    const script = fileURLToPath(new URL("drain_queue.py", import.meta.url));
    // Of broken connections it tells on its standard error; that they break is what this is about.
    const child = spawn(PYTHON, [script, url, queue], { stdio: ["pipe", "pipe", "ignore"] });
    this.#child = child;
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on("error", reject).on("close", resolve);
    });
    this.#done = (async () => {
      for await (const line of createInterface(child.stdout)) take(foundIn(line));
      const code = await ended;
      if (code !== 0) throw new Error(`the reader of ${queue} ended with ${code}`);
    })();
    // Told by finish().
    this.#done.catch(() => {});
  }

  /** It reads nothing more, and the queue grows. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Reads what is left; resolves when the queue is empty. */
  finish(): Promise<void> {
    this.resume();
    this.#child.stdin!.end();
    return this.#done;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

function foundIn(line: string): Found {
  const [id = "", execution = "", stamp = "0", redelivered] = line.split(" ");
  return { id, execution, stamp: Number(stamp), redelivered: redelivered === "1" };
}
