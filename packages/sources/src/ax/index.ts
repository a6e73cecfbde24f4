import { ConfigurationError, type InstrumentOptions, instrument } from "@streamll/core";
import { read } from "../shared/within.js";

/** What of Ax is recorded: its classes, each with all its programs, and the services that the program makes. */
export interface AxParts {
  readonly AxGen?: object | undefined;
  readonly AxFlow?: object | undefined;
  readonly AxAgent?: object | undefined;
  /** What `ai({ … })` gives, one or several. */
  readonly ai?: object | readonly object[] | undefined;
}

/** What is shown, as `instrument` takes it. */
export type AxOptions = Pick<InstrumentOptions, "capture" | "tokens" | "tags">;

const programs = ["AxGen", "AxFlow", "AxAgent"] as const;

/**
 * Makes events of the programs of Ax and of the calls of models below them.
 *
 * @throws ConfigurationError for what is none of these.
 * @example
 * const llm = ai({ name: "openai", apiKey });
 * recordAx({ AxGen, AxFlow, AxAgent, ai: llm });
 */
export function recordAx(parts: AxParts, options: AxOptions = {}): void {
  for (const name of programs) {
    const made = parts[name];
    if (made === undefined) continue;
    const prototype = read(made, "prototype");
    const methods = ["forward", "streamingForward"].filter(
      (method) => typeof read(prototype, method) === "function",
    );
    if (methods.length === 0) throw refused(name, `write the class ${name} of @ax-llm/ax`);
    // Its own name is short in what is published. The first argument is the service, the third are options.
    instrument(made, { ...options, moduleName: name, methods, inputs: (_service, values) => [values] });
  }
  for (const service of [parts.ai ?? []].flat()) {
    if (typeof read(service, "chat") !== "function")
      throw refused("ai", "write what ai({ … }) of @ax-llm/ax gives");
    const methods = ["chat", "embed"].filter((method) => typeof read(service, method) === "function");
    const getName = read(service, "getName");
    const name: unknown = typeof getName === "function" ? Reflect.apply(getName, service, []) : undefined;
    const moduleName = typeof name === "string" ? name : "ai";
    instrument(service, { ...options, kind: "llm", moduleName, methods, inputs: (request) => [request] });
  }
}

const refused = (option: string, message: string) => new ConfigurationError([{ option, message }]);
