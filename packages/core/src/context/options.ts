import { ConfigurationError, type ConfigurationProblem } from "../errors.js";
import { parseDuration } from "../units/duration.js";
import { parseSize } from "../units/size.js";

/** `true` captures a value as it is, `false` leaves it out, a function returns what is captured instead. */
export type CaptureRule<V = unknown> = boolean | ((value: V) => unknown);

/** What events contain of a call's values. */
export interface CaptureOptions {
  /** Applies to the list of arguments. Default `true`. */
  readonly inputs?: CaptureRule<readonly unknown[]> | undefined;
  /**
   * Applies to the result, or to everything that was read from a stream. Default `true`. Unless it is `true`, `token`
   * events carry only a count: a redactor that saw one piece at a time would miss a secret that spans two.
   */
  readonly outputs?: CaptureRule | undefined;
  /**
   * Inputs and outputs are each cut to about this many bytes of JSON, with a marker where something is missing.
   * Bytes, or a size such as `"64KiB"`. Default 8 KiB.
   */
  readonly maxBytes?: number | string | undefined;
}

const tokenModes = ["each", "coalesced", "off"] as const;

/** The `token` events of a stream: one for each token, one for every 64 tokens or 50 ms, or none. */
export type TokenMode = (typeof tokenModes)[number];

/** Options that `configure` sets for all calls, and that a call may override. */
export interface RecordingOptions {
  readonly capture?: CaptureOptions | undefined;
  /** Default `"coalesced"`. */
  readonly tokens?: TokenMode | undefined;
  /** Added to all events of the call and of the calls inside it. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export const recordingOptionNames = ["capture", "tokens", "tags"] as const;

/** Options that place a call in a run. */
export interface PlaceOptions {
  /**
   * The run that the call is part of. Default: its parent's run, or a new one without a parent. A job or a worker passes
   * the id of the run that started it, so that both are one run.
   */
  readonly executionId?: string | undefined;
  /**
   * The id of the enclosing call. Default: the call that the code runs in. An id that is not open in this process is kept
   * if `executionId` is given too, as it then belongs to another process; otherwise the call begins a run of its own.
   */
  readonly parentId?: string | undefined;
}

/** How a call is recorded. The settings of `configure` apply to what is left out. */
export interface CallOptions extends RecordingOptions, PlaceOptions {
  /** `"llm"` for a call of a language model: its events are `llm_start` and `llm_end`, with model and token usage. */
  readonly kind?: "llm" | undefined;
  /** Default: the name of the object's class, else that of the enclosing call, else `"unknown"`. */
  readonly moduleName?: string | undefined;
}

export const callOptionNames = [
  "kind",
  "moduleName",
  "executionId",
  "parentId",
  ...recordingOptionNames,
] as const;

/** Collects the faults of options, for programs that are written without types. */
export class Problems {
  readonly #found: ConfigurationProblem[] = [];

  check(right: boolean, option: string, message: string): void {
    if (!right) this.#found.push({ option, message });
  }

  /** Whether the value is an object; reports every option that is not among `names`. */
  names(options: unknown, names: readonly string[], of = ""): options is Readonly<Record<string, unknown>> {
    const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
    this.check(isObject, of || "options", `write an object such as { ${names[0]}: … }`);
    for (const name of isObject ? Object.keys(options) : []) {
      const option = of ? `${of}.${name}` : name;
      this.check(names.includes(name), option, `unknown option; allowed are ${names.join(", ")}`);
    }
    return isObject;
  }

  call(options: CallOptions): void {
    const { kind, moduleName, executionId, parentId, capture, tokens, tags } = options;
    this.check(kind === undefined || kind === "llm", "kind", 'write "llm", or leave it out');
    this.check(moduleName === undefined || typeof moduleName === "string", "moduleName", "write a string");
    this.check(isId(executionId), "executionId", "write a string that is not empty");
    this.check(isId(parentId), "parentId", "write a string that is not empty");
    const modes = tokenModes.map((mode) => `"${mode}"`).join(", ");
    this.check(tokens === undefined || tokenModes.includes(tokens), "tokens", `write one of ${modes}`);
    this.check(tags === undefined || isStrings(tags), "tags", 'write strings: { team: "search" }');
    if (capture === undefined || !this.names(capture, ["inputs", "outputs", "maxBytes"], "capture")) return;
    for (const side of ["inputs", "outputs"] as const) {
      const right = ["undefined", "boolean", "function"].includes(typeof capture[side]);
      this.check(right, `capture.${side}`, "write true, false or a function that returns what is shown");
    }
    try {
      if (capture.maxBytes !== undefined) parseSize(capture.maxBytes as number);
    } catch (error) {
      this.check(false, "capture.maxBytes", (error as RangeError).message);
    }
  }

  duration(value: unknown, option: string): void {
    try {
      if (value !== undefined) parseDuration(value as number);
    } catch (error) {
      this.check(false, option, (error as RangeError).message);
    }
  }

  /** @throws ConfigurationError that lists all faults. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigurationError(this.#found);
  }
}

const isId = (id: unknown): boolean => id === undefined || (typeof id === "string" && id !== "");

/**
 * Checks only the names of options, since these are passed with every call and the check has to be cheap.
 *
 * @throws ConfigurationError for an unknown option.
 */
export function checkNames(options: object | null | undefined, names: ReadonlySet<string>): void {
  if (options === null || options === undefined) return;
  for (const name in options) {
    if (names.has(name)) continue;
    const problems = new Problems();
    problems.names(options, [...names]);
    problems.throwIfAny();
  }
}

function isStrings(tags: unknown): boolean {
  return (
    typeof tags === "object" && tags !== null && Object.values(tags).every((tag) => typeof tag === "string")
  );
}
