import { answerOf, faultOf, nameOfError } from "../callback.js";
import type { StreamllEvent } from "../event/event.js";
import { randomId } from "../event/id.js";
import { property } from "../event/shapes.js";
import { timestampNow } from "../event/timestamp.js";
import { isError } from "../realm.js";
import { parseSize } from "../units/size.js";
import type { Configuration } from "./configuration.js";
import { aside, type CallAround, context } from "./context.js";
import { addUsage, modelOf, type Usage } from "./llm.js";
import type { CallOptions, CaptureRule, TokenMode } from "./options.js";
import { snapshot } from "./snapshot.js";

/** Whose call it is. */
export interface Callee {
  readonly moduleName: string | undefined;
  readonly methodName: string;
  readonly operation: string;
  readonly options: CallOptions;
}

type Data = Record<string, unknown>;

/** In the place of what a call gave, or threw, where that could not be seen. */
export const notWatched = Symbol("[Not watched]");

/** One call that is recorded. */
export class Call implements CallAround {
  readonly executionId: string;
  readonly startId = randomId();
  readonly moduleName: string;
  readonly methodName: string;
  readonly operation: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly configuration: Configuration;
  readonly maxBytes: number;
  /** The `startId` of the call around it. */
  readonly parentId: string | undefined;
  readonly #options: CallOptions;
  readonly #startedAt = performance.now();
  readonly #usage: Usage = {};
  #model: string | undefined;
  #ended = false;

  constructor(configuration: Configuration, { moduleName, methodName, operation, options }: Callee) {
    const parent = context.calls.getStore();
    const { capture, tags } = configuration.recording;
    this.configuration = configuration;
    this.executionId = parent?.executionId ?? randomId();
    this.parentId = parent?.startId;
    this.moduleName = options.moduleName ?? moduleName ?? parent?.moduleName ?? "unknown";
    this.methodName = methodName;
    this.operation = operation;
    this.tags = { ...tags, ...parent?.tags, ...options.tags };
    this.#options = options;
    this.maxBytes = sizeOf(options.capture?.maxBytes ?? capture?.maxBytes);
  }

  get isLlm(): boolean {
    return this.#options.kind === "llm";
  }

  get tokens(): TokenMode {
    return this.#options.tokens ?? this.configuration.recording.tokens ?? "coalesced";
  }

  get outputs(): CaptureRule {
    return this.#options.capture?.outputs ?? this.configuration.recording.capture?.outputs ?? true;
  }

  get #inputs(): CaptureRule<readonly unknown[]> {
    return this.#options.capture?.inputs ?? this.configuration.recording.capture?.inputs ?? true;
  }

  start(inputs: readonly unknown[] | undefined): void {
    aside(this.configuration, () => {
      const eventType = this.isLlm ? "llm_start" : "start";
      if (this.isLlm) for (const input of inputs ?? []) this.learn(input);
      if (!this.configuration.wants(eventType)) return;
      const data: Data = {};
      if (this.#model !== undefined) data.model = this.#model;
      if (inputs !== undefined) this.#show(data, "inputs", inputs, this.#inputs);
      this.#deliver(eventType, data, this.startId, this.parentId);
    });
  }

  /** Reads model and usage from a result or a chunk of a stream. */
  learn(answer: unknown): void {
    try {
      this.#model = modelOf(answer) ?? this.#model;
      addUsage(this.#usage, answer);
    } catch {
      // A module that is not evaluated yet has fields that throw.
    }
  }

  token(data: Data): void {
    aside(this.configuration, () => this.#tell("token", data));
  }

  end(outputs: unknown, more?: Data): void {
    if (this.#ended) return;
    this.#ended = true;
    aside(this.configuration, () => {
      const eventType = this.isLlm ? "llm_end" : "end";
      if (!this.configuration.wants(eventType)) return;
      const data: Data = { duration_ms: this.#durationMs() };
      if (this.isLlm) {
        this.learn(outputs);
        this.#showModel(data);
      }
      Object.assign(data, more);
      if (outputs !== notWatched) this.#show(data, "outputs", outputs, this.outputs);
      else if (this.outputs !== false) data.outputs = notWatched.description;
      this.#tell(eventType, data);
    });
  }

  fail(error: unknown, more?: Data): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error !== notWatched) context.failures.add(error);
    aside(this.configuration, () => {
      const data: Data = { duration_ms: this.#durationMs(), error_type: typeOf(error) };
      if (this.isLlm) this.#showModel(data);
      Object.assign(data, more);
      Object.assign(data, snapshot(described(error), this.maxBytes));
      this.#tell("error", data);
    });
  }

  #durationMs(): number {
    return Math.round((performance.now() - this.#startedAt) * 1000) / 1000;
  }

  #showModel(data: Data): void {
    if (this.#model !== undefined) data.model = this.#model;
    if (Object.keys(this.#usage).length > 0) data.usage = this.#usage;
  }

  #show<V>(data: Data, name: "inputs" | "outputs", value: V, rule: CaptureRule<V>): void {
    if (rule === false) return;
    let shown: unknown = value;
    if (typeof rule === "function") {
      try {
        shown = answerOf(() => rule(value));
      } catch (error) {
        shown = "[Redactor threw]";
        const message = `capture.${name} ${faultOf(error)}; the value is left out`;
        this.configuration.complain(`capture.${name}`, message);
      }
    }
    const copied = snapshot(shown, this.maxBytes);
    if (copied !== undefined) data[name] = copied;
  }

  #tell(eventType: string, data: Data): void {
    this.#deliver(eventType, data, randomId(), this.startId);
  }

  #deliver(eventType: string, data: Data, eventId: string, parentId: string | undefined): void {
    const event: { -readonly [K in keyof StreamllEvent]: StreamllEvent[K] } = {
      eventId,
      executionId: this.executionId,
      timestamp: timestampNow(),
      moduleName: this.moduleName,
      methodName: this.methodName,
      eventType,
      operation: this.operation,
      data,
      tags: this.tags,
    };
    if (parentId !== undefined) event.parentId = parentId;
    this.configuration.deliver(event);
  }
}

/** `trace` takes its options unchecked: nothing of the recording throws where the program runs. */
function sizeOf(maxBytes: number | string = 8192): number {
  try {
    return parseSize(maxBytes);
  } catch {
    return 8192;
  }
}

const typeOf = (error: unknown) => (error === notWatched ? "unknown" : nameOfError(error));

/** Anything can be thrown. The names are those of the Python package. */
export function described(error: unknown): object {
  if (error === notWatched) return { error_message: notWatched.description };
  if (!isError(error)) return { error_message: error };
  return { error_message: property(error, "message"), traceback: property(error, "stack") };
}
