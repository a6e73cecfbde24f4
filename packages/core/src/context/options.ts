import { ConfigurationError, type ConfigurationProblem } from "../errors.js";
import { parseDuration } from "../units/duration.js";
import { parseSize } from "../units/size.js";

/** `true` shows a value as it is, `false` leaves it out, a function gives what is shown in its place. */
export type CaptureRule<V = unknown> = boolean | ((value: V) => unknown);

/** What events show of a call's values. */
export interface CaptureOptions {
  /** The list of arguments. Default `true`. */
  readonly inputs?: CaptureRule<readonly unknown[]> | undefined;
  /**
   * The result, or all that was read from a stream. Default `true`. Unless it is `true`, `token` events have only
   * their count: a redactor that sees one piece at a time would miss what lies across two.
   */
  readonly outputs?: CaptureRule | undefined;
  /**
   * Inputs and outputs are each cut to about so many bytes of JSON, with a marker where something is missing.
   * Bytes, or a size such as `"64KiB"`. Default 8 KiB.
   */
  readonly maxBytes?: number | string | undefined;
}

const tokenModes = ["each", "coalesced", "off"] as const;

/** Events for what is read from a stream: for each its own, one for 50 ms or 64 of them, or none. */
export type TokenMode = (typeof tokenModes)[number];

/** What `configure` sets for all calls, and a call may have of its own. */
export interface RecordingOptions {
  readonly capture?: CaptureOptions | undefined;
  /** Default `"coalesced"`. */
  readonly tokens?: TokenMode | undefined;
  /** On all events of the call and of the calls in it. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export const recordingOptionNames = ["capture", "tokens", "tags"] as const;

/** Where in which run a call belongs, as its options say. */
export interface PlaceOptions {
  /**
   * The run that it is part of. Default: that of its parent, else a new one. A job or a worker gives that of whoever
   * began it, so that both are one run.
   */
  readonly executionId?: string | undefined;
  /**
   * The id of the call around it. Default: the call that the code runs in. One that is not open in this process is kept
   * beside an `executionId`, as it is of another process; else the call begins a run of its own.
   */
  readonly parentId?: string | undefined;
}

/** How a call is recorded. What is left out is as `configure` says. */
export interface CallOptions extends RecordingOptions, PlaceOptions {
  /** `"llm"`: a call of a language model. Its events are `llm_start` and `llm_end`, with model and token usage. */
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

/** Collects what is wrong with options, for those who write them without types. */
export class Problems {
  readonly #found: ConfigurationProblem[] = [];

  check(right: boolean, option: string, message: string): void {
    if (!right) this.#found.push({ option, message });
  }

  /** Whether it is an object with no other options than these. */
  names(options: unknown, names: readonly string[], of = ""): options is Readonly<Record<string, unknown>> {
    const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
    this.check(isObject, of || "options", `write an object such as { ${names[0]}: … }`);
    for (const name of isObject ? Object.keys(options) : []) {
      const option = of ? `${of}.${name}` : name;
      this.check(names.includes(name), option, `there is no such option; allowed are ${names.join(", ")}`);
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
      this.check(right, `capture.${side}`, "write true, false or a function that gives what is shown");
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

  /** @throws ConfigurationError that lists all that was found. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigurationError(this.#found);
  }
}

const isId = (id: unknown): boolean => id === undefined || (typeof id === "string" && id !== "");

/**
 * Options are given call by call: only their names are checked, and cost little.
 *
 * @throws ConfigurationError for an option that there is not.
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
