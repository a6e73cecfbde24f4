import { ChildProgram } from "@streamll/harness";
import type { FleetCommand, FleetSaid, FleetSetup } from "./messages.js";

/** A process with many sinks, as the bench sees it. */
export class Fleet implements Disposable {
  readonly #program: ChildProgram<FleetCommand, FleetSaid>;
  readonly #sinks: number;
  /** By sink, each time that it connected. */
  readonly #connects: number[][];
  #connected = 0;
  #pending = 0;
  #reasons: Readonly<Record<string, number>> = {};
  #stopped: Extract<FleetSaid, { kind: "stopped" }> | undefined;

  constructor(setup: FleetSetup) {
    this.#sinks = setup.sinks;
    this.#connects = Array.from({ length: setup.sinks }, () => []);
    this.#program = new ChildProgram(new URL("program.ts", import.meta.url), setup);
    this.#program.onSaid = (said) => {
      if (said.kind === "connected") this.#connects[said.sink]!.push(said.at);
      else if (said.kind === "stopped") this.#stopped = said;
      else if (said.kind === "sample")
        ({ connected: this.#connected, pending: this.#pending, reasons: this.#reasons } = said);
    };
  }

  get isConnected(): boolean {
    return this.#connected === this.#sinks;
  }

  /** Events that are neither delivered nor given up, a quarter of a second ago. */
  get pending(): number {
    return this.#pending;
  }

  /** Why sinks are not connected, and how many for each reason. */
  get reasons(): Readonly<Record<string, number>> {
    return this.#reasons;
  }

  /** For each sink that connected since then, when it first did. */
  connectsSince(at: number): number[] {
    return this.#connects.flatMap((times) => times.find((time) => time >= at) ?? []);
  }

  do(command: FleetCommand): void {
    this.#program.do(command);
  }

  /** Stops all its sinks; gives how many events each of them took. */
  async stop(): Promise<readonly number[]> {
    this.do({ do: "stop" });
    await this.#program.until(() => this.#stopped !== undefined, "stop() of all sinks", STOP_MS);
    const { byItself, code, stderr } = await this.#program.end();
    if (!byItself || code !== 0) throw new Error(`a process with sinks ended with ${code}: ${stderr}`);
    const { accepted, undelivered } = this.#stopped!;
    if (undelivered > 0) throw new Error(`${undelivered} events were reported as not delivered`);
    return accepted;
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
  }
}

const STOP_MS = 180_000;
