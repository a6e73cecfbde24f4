import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { DeadLetter } from "@streamll/core";
import { Fifo, told } from "@streamll/core/internal";
import { killGroup, spawnGroup } from "../command/process-group.js";
import { Failure } from "../exit.js";

/** An answer is a word and a reason: a longer line is none. */
const MAX_ANSWER_CHARACTERS = 4096;

interface Question {
  /** It is done. */
  resolve(): void;
  reject(error: Error): void;
}

/**
 * A program that handles events: it reads one a line, as JSON, and answers each by a line of its own, in the same order.
 * `ok`: done. `retry`: to be tried again. `dead REASON`: given up.
 */
export class Child {
  readonly #process: ChildProcess;
  readonly #failed: (error: Failure) => void;
  /** Those without an answer, in order. */
  readonly #open = new Fifo<Question>();
  /** The beginning of an answer. */
  #rest = "";
  #isEnding = false;
  /** Resolves when it is gone. */
  readonly ended: Promise<unknown>;

  /**
   * @param command for the shell.
   * @param failed told once when it cannot go on; what is open is given back.
   */
  constructor(command: string, failed: (error: Failure) => void) {
    this.#failed = failed;
    this.#process = spawnGroup(command, ["pipe", "pipe", "inherit"]);
    this.ended = once(this.#process, "close").catch(() => {});
    this.#process.on("error", (error) => this.#fail(`cannot be run: ${told(error.message)}`));
    this.#process.on("close", (code, signal) => this.#fail(`has ended with ${signal ?? code}`));
    this.#process.stdin!.on("error", () => {});
    this.#process.stdout!.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
  }

  /** Resolves when the child says `ok`; rejects for all else. Few are open at a time, so nothing has to wait for the pipe. */
  ask(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isEnding) return reject(new Error("the command has ended"));
      this.#open.push({ resolve, reject });
      this.#process.stdin!.write(`${line}\n`);
    });
  }

  /** No more lines come: it ends by itself, or is ended after `ms`, in any case after twice as long. */
  async close(ms: number): Promise<void> {
    this.#isEnding = true;
    this.#process.stdin!.end();
    const timers = [
      setTimeout(() => killGroup(this.#process, "SIGTERM"), ms),
      setTimeout(() => killGroup(this.#process, "SIGKILL"), 2 * ms),
    ];
    await this.ended;
    for (const timer of timers) clearTimeout(timer);
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#answer(line.trimEnd());
    if (this.#rest.length > MAX_ANSWER_CHARACTERS) this.#answer(this.#rest);
  }

  #answer(answer: string): void {
    if (this.#isEnding && this.#open.length === 0) return;
    const question = this.#open.peek();
    const verdict = verdictOf(answer);
    if (question === undefined) return this.#fail(`has answered ${shown(answer)}, and was asked nothing`);
    if (verdict === undefined)
      return this.#fail(`has answered ${shown(answer)}; an answer is ok, retry or dead REASON`);
    this.#open.shift();
    if (verdict === "ok") question.resolve();
    else question.reject(verdict);
  }

  #fail(how: string): void {
    // Told first: what is given back while the consumer stops is not tried again here.
    if (!this.#isEnding) this.#failed(new Failure(`the command of --exec ${how}`));
    this.#isEnding = true;
    for (const { reject } of this.#open.clear()) reject(new Error("the command gave no answer"));
    killGroup(this.#process, "SIGTERM");
  }
}

function verdictOf(answer: string): "ok" | Error | undefined {
  if (answer === "ok") return "ok";
  if (answer === "retry") return new Error("the command asks for another try");
  const [, reason] = /^dead (.+)$/.exec(answer) ?? [];
  // The broker and the log have it, so it is printable and short.
  return reason === undefined || answer.length > MAX_ANSWER_CHARACTERS
    ? undefined
    : new DeadLetter("COMMAND_GAVE_UP", reason.slice(0, 200));
}

const shown = (answer: string): string => JSON.stringify(told(answer.slice(0, 60)));
