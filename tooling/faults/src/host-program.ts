import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "@streamll/brokers";
import type { Command, Said, Sample, Setup, Verdict } from "./messages.js";

/** Milliseconds by the clock of the bench. */
export type Moment = Said & { readonly at: number };

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

/** What a stopped program may take to end, which is only what its sink has left behind. */
const END_MS = 5000;

/** The host program as the bench sees it. */
export class HostProgram implements Disposable {
  readonly timeline: Moment[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #last: Sample | undefined;
  #verdict: Verdict | undefined;
  #stderr = "";
  #gone = false;
  #killed = false;

  constructor(setup: Setup, surroundings: Surroundings) {
    this.#child = fork(fileURLToPath(new URL("program.ts", import.meta.url)), {
      execArgv: ["--unhandled-rejections=strict", "--import", "tsx", ...surroundings.nodeFlags],
      env: { ...process.env, ...surroundings.environment },
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    this.#child.stderr!.on("data", (chunk) => {
      this.#stderr += chunk;
    });
    this.#child.on("message", (said: Said) => this.#hear(said));
    this.exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        this.#gone = true;
        resolve({ code, signal, byItself: !this.#killed, stderr: this.#stderr });
      });
    });
    this.#child.send(setup);
  }

  /** The latest that it said of its sink. */
  get last(): Sample | undefined {
    return this.#last;
  }

  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  has(kind: Said["kind"]): boolean {
    return this.timeline.some((moment) => moment.kind === kind);
  }

  do(command: Command): void {
    if (this.#child.connected) this.#child.send(command);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Rejects where the program ends first. */
  async until(holds: () => boolean, what: string, timeoutMs?: number): Promise<void> {
    await until(() => holds() || this.#gone, what, timeoutMs);
    if (!holds()) throw new Error(`the program ended before ${what}`);
  }

  /** Waits for the end that a stopped program comes to by itself, and brings it about where it does not. */
  async end(): Promise<Exit> {
    const timer = setTimeout(() => this[Symbol.dispose](), END_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  [Symbol.dispose](): void {
    if (this.#gone) return;
    this.#killed = true;
    this.#child.kill("SIGKILL");
  }

  #hear(said: Said): void {
    if (said.kind === "sample") this.#last = said;
    if (said.kind === "stopped") this.#verdict = said;
    this.timeline.push({ ...said, at: performance.now() });
  }
}
