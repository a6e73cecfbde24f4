import { answerOf, faultOf } from "../callback.js";
import type { StreamllEvent } from "../event/event.js";
import { randomId } from "../event/id.js";
import { timestampNow, timestampOf } from "../event/timestamp.js";
import { parseSize } from "../units/size.js";
import type { CallAround, CallEnding, CallReading, CancelReason } from "./call-around.js";
import type { Configuration } from "./configuration.js";
import { context, safely } from "./context.js";
import { errorData, notWatched, typeOfError } from "./error-fields.js";
import { ModelAnswer } from "./llm/answer.js";
import type { CallOptions, CaptureRule, TokenMode } from "./options.js";
import { placeOf } from "./place.js";
import { snapshot } from "./snapshot.js";

/** The function that is called, and how its call is recorded. */
export interface Callee {
  readonly moduleName: string | undefined;
  readonly methodName: string;
  readonly operation: string;
  readonly options: CallOptions;
  /** The `event_id` of the `start`. Default: a new id. */
  readonly id?: string | undefined;
  /** When the call began, in epoch milliseconds. Default: now. */
  readonly startedAt?: number | undefined;
  /** Default: the `idleTimeout` of the configuration. */
  readonly idleMs?: number | undefined;
}

type Data = Record<string, unknown>;

/** One recorded call: emits its `start`, its tokens and exactly one end. */
export class Call implements CallAround {
  readonly executionId: string;
  readonly startId: string;
  readonly moduleName: string;
  readonly methodName: string;
  readonly operation: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly configuration: Configuration;
  readonly maxBytes: number;
  readonly parent: CallAround | undefined;
  readonly parentId: string | undefined;
  reading: CallReading | undefined;
  readonly #options: CallOptions;
  readonly #startedAt: number;
  readonly #beganAt: number;
  #answer: ModelAnswer | undefined;
  readonly #idleMs: number;
  #touchedAt: number;
  #firstTokenAt: number | undefined;
  /** How many calls below this one are open. */
  #openChildren = 0;
  /** Those of them that end when this call does. */
  #dependents: Set<CallAround> | undefined;
  #ended: CallEnding | undefined;
  readonly #endListeners: ((how: CallEnding) => void)[] = [];

  constructor(configuration: Configuration, callee: Callee) {
    const { moduleName, methodName, operation, options } = callee;
    const { parent, parentId, executionId } = placeOf(options);
    const { capture, tags } = configuration.recording;
    this.configuration = configuration;
    this.startId = callee.id ?? randomId();
    this.executionId = executionId ?? randomId();
    this.parentId = parentId;
    this.moduleName = options.moduleName ?? moduleName ?? parent?.moduleName ?? "unknown";
    this.methodName = methodName;
    this.operation = operation;
    this.tags = { ...tags, ...parent?.tags, ...options.tags };
    this.parent = parent;
    this.#options = options;
    this.maxBytes = sizeOf(options.capture?.maxBytes ?? capture?.maxBytes);
    this.#idleMs = callee.idleMs ?? configuration.idleMs;
    this.#touchedAt = performance.now();
    this.#beganAt = callee.startedAt ?? Date.now();
    this.#startedAt = this.#touchedAt - Math.max(0, Date.now() - this.#beganAt);
  }

  get isLlm(): boolean {
    return this.#options.kind === "llm";
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
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

  get #modelAnswer(): ModelAnswer {
    this.#answer ??= new ModelAnswer(this.maxBytes);
    return this.#answer;
  }

  start(inputs: readonly unknown[] | undefined, more?: Data): void {
    safely(this.configuration, () => {
      const eventType = this.isLlm ? "llm_start" : "start";
      if (this.isLlm) for (const input of inputs ?? []) this.#modelAnswer.readRequest(input);
      if (!this.configuration.wants(eventType)) return;
      const data: Data = {};
      const model = this.#answer?.model;
      if (model !== undefined) data.model = model;
      if (more !== undefined) Object.assign(data, snapshot(more, this.maxBytes));
      if (inputs !== undefined) this.#capture(data, "inputs", inputs, this.#inputs);
      this.#deliver(eventType, data, this.startId, this.parentId, this.#beganAt);
    });
  }

  /**
   * Keeps the call open after its function returned, until it is ended from outside.
   *
   * @param isPromised Whether a promise ends it, so that it has no idle limit.
   * @param isDependent Whether it ends when the enclosing call does.
   */
  keepOpen(isPromised: boolean, isDependent = false): void {
    if (this.#ended !== undefined) return;
    if (context.open.find(this.startId) === undefined) this.parent?.childOpened(this, isDependent);
    context.open.add(this, isPromised);
  }

  childOpened(call: CallAround, isDependent: boolean): void {
    this.#openChildren++;
    if (!isDependent) return;
    this.#dependents ??= new Set();
    this.#dependents.add(call);
  }

  childEnded(call: CallAround): void {
    this.#openChildren--;
    this.#dependents?.delete(call);
    this.#touchedAt = performance.now();
  }

  isIdle(now: number): boolean {
    return this.#openChildren === 0 && now - this.#touchedAt >= this.#idleMs;
  }

  /** The inputs as events carry them. */
  capturedInputs(inputs: readonly unknown[]): Data {
    const data: Data = {};
    safely(this.configuration, () => {
      if (this.isLlm) for (const input of inputs) this.#modelAnswer.readRequest(input);
      this.#capture(data, "inputs", inputs, this.#inputs);
    });
    return data;
  }

  /** Records model, usage, finish reason and tool calls from a result or a chunk of a stream. */
  recordAnswer(answer: unknown): void {
    this.#modelAnswer.readAnswer(answer);
  }

  /** The reader received a token: the first one sets the time to first token. */
  noteToken(): void {
    this.#firstTokenAt ??= performance.now();
    this.#touchedAt = performance.now();
  }

  token(data: Data): void {
    if (this.isOpen) safely(this.configuration, () => this.#emit("token", data));
  }

  /**
   * Ends the call with its result. Where that was read as a stream, everything that was read is the default.
   *
   * @param at Epoch milliseconds. Default: now.
   */
  end(outputs: unknown, more?: Data, at?: number): void {
    if (this.reading !== undefined) this.reading.finish(outputs, more, at);
    else this.conclude(outputs, more, at);
  }

  fail(error: unknown, more?: Data, at?: number): void {
    if (this.reading !== undefined) this.reading.fail(error, more, at);
    else this.concludeFailed(error, more, at);
  }

  cancel(reason?: CancelReason, more?: Data): void {
    this.end(undefined, { cancelled: true, ...(reason && { cancelled_by: reason }), ...more });
  }

  /** Emits the `end`. The call's reading calls this once it has decided what the outputs are. */
  conclude(outputs: unknown, more?: Data, at?: number): void {
    this.#endOnce(more?.cancelled === true ? "cancelled" : "end", () => {
      const eventType = this.isLlm ? "llm_end" : "end";
      if (!this.configuration.wants(eventType)) return;
      if (this.isLlm) this.recordAnswer(outputs);
      const data: Data = { duration_ms: this.#durationMs(at), ...this.#model(), ...more };
      if (outputs !== notWatched) this.#capture(data, "outputs", outputs, this.outputs);
      else if (this.outputs !== false) data.outputs = notWatched.description;
      this.#emit(eventType, data, at);
    });
  }

  /** Emits the `error`, as `conclude` emits the `end`. */
  concludeFailed(error: unknown, more?: Data, at?: number): void {
    if (this.#ended !== undefined) return;
    if (error !== notWatched) context.failures.add(error);
    this.#endOnce("error", () => {
      const data: Data = { duration_ms: this.#durationMs(at), error_type: typeOfError(error) };
      Object.assign(data, this.#model(), more, snapshot(errorData(error), this.maxBytes));
      this.#emit("error", data, at);
    });
  }

  /** Calls back when the call has ended; at once if it already has. */
  onceEnded(callback: (how: CallEnding) => void): void {
    if (this.#ended !== undefined) callback(this.#ended);
    else this.#endListeners.push(callback);
  }

  /** A call has exactly one end: any later one is ignored. */
  #endOnce(how: CallEnding, emit: () => void): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.reading = undefined;
    for (const dependent of this.#dependents ?? []) dependent.cancel("parent");
    if (context.open.find(this.startId) !== undefined) this.parent?.childEnded(this);
    context.open.remove(this);
    safely(this.configuration, emit);
    for (const callback of this.#endListeners.splice(0)) callback(how);
  }

  #durationMs(at: number | undefined): number {
    const ms = at === undefined ? performance.now() - this.#startedAt : Math.max(0, at - this.#beganAt);
    return Math.round(ms * 1000) / 1000;
  }

  #model(): Data {
    const fields: Data = this.#answer?.fields(this.outputs === true) ?? {};
    if (this.isLlm && this.#firstTokenAt !== undefined) {
      const ms = this.#firstTokenAt - this.#startedAt;
      fields.time_to_first_token_ms = Math.round(ms * 1000) / 1000;
    }
    return fields;
  }

  #capture<V>(data: Data, name: "inputs" | "outputs", value: V, rule: CaptureRule<V>): void {
    if (rule === false) return;
    let shown: unknown = value;
    if (typeof rule === "function") {
      try {
        shown = answerOf(() => rule(value));
      } catch (error) {
        shown = "[Redactor threw]";
        const message = `capture.${name} ${faultOf(error)}; the value is left out`;
        this.configuration.warnOnce(`capture.${name}`, message);
      }
    }
    const copied = snapshot(shown, this.maxBytes);
    if (copied !== undefined) data[name] = copied;
  }

  #emit(eventType: string, data: Data, at?: number): void {
    this.#touchedAt = performance.now();
    this.#deliver(eventType, data, randomId(), this.startId, at);
  }

  #deliver(
    eventType: string,
    data: Data,
    eventId: string,
    parentId: string | undefined,
    at: number | undefined,
  ): void {
    const event: { -readonly [K in keyof StreamllEvent]: StreamllEvent[K] } = {
      eventId,
      executionId: this.executionId,
      timestamp: (at === undefined ? undefined : timestampOf(at)) ?? timestampNow(),
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

/** `trace` does not validate the values of its options, since recording must not throw into the running program. */
function sizeOf(maxBytes: number | string = 8192): number {
  try {
    return parseSize(maxBytes);
  } catch {
    return 8192;
  }
}
