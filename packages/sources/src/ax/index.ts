import { ConfigurationError, type InstrumentOptions, instrument } from "@streamll/core";
import { read } from "../shared/within.js";

/** The parts of Ax to record: its classes, with all programs of each, and the AI services that your program creates. */
export interface AxParts {
  readonly AxGen?: object | undefined;
  readonly AxFlow?: object | undefined;
  readonly AxAgent?: object | undefined;
  /** One or several services that `ai({ … })` returned. */
  readonly ai?: object | readonly object[] | undefined;
}

/** What events show: the options of `instrument` for that. */
export type AxOptions = Pick<InstrumentOptions, "capture" | "tokens" | "tags">;

const programs = ["AxGen", "AxFlow", "AxAgent"] as const;

/**
 * Records the programs of Ax and the model calls below them.
 *
 * @throws ConfigurationError for anything but these classes and services.
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
    // The class name is minified in the published package. The first argument is the service, the third the options.
    instrument(made, { ...options, moduleName: name, methods, inputs: (_service, values) => [values] });
  }
  for (const service of [parts.ai ?? []].flat()) {
    if (typeof read(service, "chat") !== "function")
      throw refused("ai", "write what ai({ … }) of @ax-llm/ax returns");
    const methods = ["chat", "embed"].filter((method) => typeof read(service, method) === "function");
    const getName = read(service, "getName");
    const name: unknown = typeof getName === "function" ? Reflect.apply(getName, service, []) : undefined;
    const moduleName = typeof name === "string" ? name : "ai";
    instrument(service, { ...options, kind: "llm", moduleName, methods, inputs: (request) => [request] });
  }
}

const refused = (option: string, message: string) => new ConfigurationError([{ option, message }]);
