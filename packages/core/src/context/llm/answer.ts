import { snapshot } from "../snapshot.js";
import { partsOf } from "./fields.js";
import { finishReasonIn } from "./finish.js";
import { modelIn } from "./model.js";
import { ToolCalls } from "./tool-calls.js";
import { addUsage, type Usage } from "./usage.js";

/** What is known of a model's answer, collected from its request, its chunks and its result. */
export class ModelAnswer {
  readonly #usage: Usage = {};
  readonly #toolCalls: ToolCalls;
  readonly #maxBytes: number;
  #model: string | undefined;
  #finishReason: string | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#toolCalls = new ToolCalls(maxBytes);
  }

  get model(): string | undefined {
    return this.#model;
  }

  /** Reads only the model from a request: its messages are no part of the answer. */
  readRequest(request: unknown): void {
    unlessItThrows(() => {
      this.#model ??= modelIn(partsOf(request));
    });
  }

  /** Reads a result, a chunk of a stream, or an object with the field names of the events. */
  readAnswer(answer: unknown): void {
    unlessItThrows(() => {
      const parts = partsOf(answer);
      this.#model = modelIn(parts) ?? this.#model;
      this.#finishReason = finishReasonIn(parts) ?? this.#finishReason;
      addUsage(this.#usage, parts);
      this.#toolCalls.add(parts);
    });
  }

  /** @param withArguments Whether to include the arguments of tool calls, which are outputs of the model. */
  fields(withArguments: boolean): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    if (this.#model !== undefined) fields.model = this.#model;
    if (Object.keys(this.#usage).length > 0) fields.usage = { ...this.#usage };
    if (this.#finishReason !== undefined) fields.finish_reason = this.#finishReason;
    const calls = this.#toolCalls.all;
    if (calls.length === 0) return fields;
    const shown = withArguments ? calls : calls.map(({ arguments: _, ...named }) => named);
    fields.tool_calls = snapshot(shown, this.#maxBytes);
    return fields;
  }
}

/** Reading a field may throw: those of a module that is not evaluated yet do. */
function unlessItThrows(read: () => void): void {
  try {
    read();
  } catch {}
}
