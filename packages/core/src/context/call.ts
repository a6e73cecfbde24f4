import { answerOf, faultOf } from "../callback.js";
import type { StreamllEvent } from "../event/event.js";
import { randomId } from "../event/id.js";
import { timestampNow, timestampOf } from "../event/timestamp.js";
import { parseSize } from "../units/size.js";
import type { CallAround, CallEnding, CallReading, CancelReason } from "./call-around.js";
import type { Configuration } from "./configuration.js";
import { aside, context } from "./context.js";
import { errorData, notWatched, typeOfError } from "./error-fields.js";
import { ModelAnswer } from "./llm/answer.js";
import type { CallOptions, CaptureRule, TokenMode } from "./options.js";
import { placeOf } from "./place.js";
import { snapshot } from "./snapshot.js";

/** Whose call it is. */
export interface Callee {
  readonly moduleName: string | undefined;
  readonly methodName: string;
  readonly operation: string;
  readonly options: CallOptions;
  /** The `event_id` of its `start`. Default: a new one. */
  readonly id?: string | undefined;
  /** Epoch milliseconds. Default: now. */
  readonly startedAt?: number | undefined;
  /** Default: that of the configuration. */
  readonly idleMs?: number | undefined;
}

type Data = Record<string, unknown>;

/** One call that is recorded. */
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
  /** Calls below that go on. */
  #below = 0;
  /** Of those the ones that end with this one. */
  #dependents: Set<CallAround> | undefined;
  #ended: CallEnding | undefined;
  readonly #whenOver: ((how: CallEnding) => void)[] = [];

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

  get #known(): ModelAnswer {
    this.#answer ??= new ModelAnswer(this.maxBytes);
    return this.#answer;
  }

  start(inputs: readonly unknown[] | undefined, more?: Data): void {
    aside(this.configuration, () => {
      const eventType = this.isLlm ? "llm_start" : "start";
      if (this.isLlm) for (const input of inputs ?? []) this.#known.asked(input);
      if (!this.configuration.wants(eventType)) return;
      const data: Data = {};
      const model = this.#answer?.model;
      if (model !== undefined) data.model = model;
      if (more !== undefined) Object.assign(data, snapshot(more, this.maxBytes));
      if (inputs !== undefined) this.#show(data, "inputs", inputs, this.#inputs);
      this.#deliver(eventType, data, this.startId, this.parentId, this.#beganAt);
    });
  }

  /**
   * Somebody has to tell its end, and until then it goes on.
   *
   * @param isPromised Whether it ends by itself.
   * @param isDependent Whether it ends with the call around it.
   */
  goOn(isPromised: boolean, isDependent = false): void {
    if (this.#ended !== undefined) return;
    if (context.open.find(this.startId) === undefined) this.parent?.openedBelow(this, isDependent);
    context.open.add(this, isPromised);
  }

  openedBelow(call: CallAround, isDependent: boolean): void {
    this.#below++;
    if (!isDependent) return;
    this.#dependents ??= new Set();
    this.#dependents.add(call);
  }

  endedBelow(call: CallAround): void {
    this.#below--;
    this.#dependents?.delete(call);
    this.#touchedAt = performance.now();
  }

  isIdle(now: number): boolean {
    return this.#below === 0 && now - this.#touchedAt >= this.#idleMs;
  }

  /** What events show of inputs. */
  shownInputs(inputs: readonly unknown[]): Data {
    const data: Data = {};
    aside(this.configuration, () => {
      if (this.isLlm) for (const input of inputs) this.#known.asked(input);
      this.#show(data, "inputs", inputs, this.#inputs);
    });
    return data;
  }

  /** Reads model, usage and the like from a result or a chunk of a stream. */
  learn(answer: unknown): void {
    this.#known.learn(answer);
  }

  /** What its reader got first is there. */
  noteToken(): void {
    this.#firstTokenAt ??= performance.now();
    this.#touchedAt = performance.now();
  }

  token(data: Data): void {
    if (this.isOpen) aside(this.configuration, () => this.#tell("token", data));
  }

  /**
   * Ends it with what it gave; where it was read, and gave nothing else, with all that was read.
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

  /** Its `end`, as its reading tells it. */
  conclude(outputs: unknown, more?: Data, at?: number): void {
    this.#over(more?.cancelled === true ? "cancelled" : "end", () => {
      const eventType = this.isLlm ? "llm_end" : "end";
      if (!this.configuration.wants(eventType)) return;
      if (this.isLlm) this.learn(outputs);
      const data: Data = { duration_ms: this.#durationMs(at), ...this.#model(), ...more };
      if (outputs !== notWatched) this.#show(data, "outputs", outputs, this.outputs);
      else if (this.outputs !== false) data.outputs = notWatched.description;
      this.#tell(eventType, data, at);
    });
  }

  /** Its `error`, as its reading tells it. */
  concludeFailed(error: unknown, more?: Data, at?: number): void {
    if (this.#ended !== undefined) return;
    if (error !== notWatched) context.failures.add(error);
    this.#over("error", () => {
      const data: Data = { duration_ms: this.#durationMs(at), error_type: typeOfError(error) };
      Object.assign(data, this.#model(), more, snapshot(errorData(error), this.maxBytes));
      this.#tell("error", data, at);
    });
  }

  /** Calls back when it has ended, at once where it has. */
  whenOver(callback: (how: CallEnding) => void): void {
    if (this.#ended !== undefined) callback(this.#ended);
    else this.#whenOver.push(callback);
  }

  /** The one end that it has. */
  #over(how: CallEnding, tell: () => void): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.reading = undefined;
    for (const dependent of this.#dependents ?? []) dependent.cancel("parent");
    if (context.open.find(this.startId) !== undefined) this.parent?.endedBelow(this);
    context.open.remove(this);
    aside(this.configuration, tell);
    for (const callback of this.#whenOver.splice(0)) callback(how);
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

  #tell(eventType: string, data: Data, at?: number): void {
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

/** `trace` takes the values of its options unchecked: nothing of the recording throws where the program runs. */
function sizeOf(maxBytes: number | string = 8192): number {
  try {
    return parseSize(maxBytes);
  } catch {
    return 8192;
  }
}
