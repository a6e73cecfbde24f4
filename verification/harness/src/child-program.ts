import { type ChildProcess, fork } from "node:child_process";
import { until } from "@streamll/brokers";
import { built } from "@streamll/programs";

/** How the process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It did not have to be killed. */
  readonly byItself: boolean;
  readonly stderr: string;
}

/** What a program is started with beside the usual. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeFlags: readonly string[];
}

/** What a stopped program may take to end, which is only what its sinks have left behind. */
const END_MS = 5000;

/** A program with sinks in a process of its own, that is told what to do and tells what it sees. */
export class ChildProgram<Command extends object, Said> implements Disposable {
  readonly exited: Promise<Exit>;
  onSaid: (said: Said) => void = () => {};
  readonly #child: ChildProcess;
  #exit: Exit | undefined;
  #stderr = "";
  #killed = false;

  constructor(script: URL, setup: object, { environment, nodeFlags }: Partial<Surroundings> = {}) {
    this.#child = fork(built(script), {
      execArgv: ["--unhandled-rejections=strict", ...(nodeFlags ?? [])],
      env: { ...process.env, ...environment },
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    this.#child.stderr!.on("data", (chunk) => {
      this.#stderr += chunk;
    });
    this.#child.on("message", (said) => this.onSaid(said as Said));
    this.exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#exit = { code, signal, byItself: !this.#killed, stderr: this.#stderr };
        resolve(this.#exit);
      });
    });
    this.#child.send(setup);
  }

  do(command: Command): void {
    if (this.#child.connected) this.#child.send(command);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Rejects where the program ends first. */
  async until(holds: () => boolean, what: string, timeoutMs?: number): Promise<void> {
    const unmet = () => `${what}; the program said: ${this.#stderr || "nothing"}`;
    await until(() => holds() || this.#exit !== undefined, unmet, timeoutMs);
    if (!holds()) throw new Error(`the program ended before ${what}: ${this.#exit?.stderr}`);
  }

  /** Waits for the end that a stopped program comes to by itself, and brings it about where it does not. */
  async end(): Promise<Exit> {
    const timer = setTimeout(() => this[Symbol.dispose](), END_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  [Symbol.dispose](): void {
    if (this.#exit !== undefined) return;
    this.#killed = true;
    this.#child.kill("SIGKILL");
  }
}
