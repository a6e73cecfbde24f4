import { snapshot } from "../snapshot.js";
import { partsOf } from "./fields.js";
import { finishReasonIn } from "./finish.js";
import { modelIn } from "./model.js";
import { ToolCalls } from "./tool-calls.js";
import { addUsage, type Usage } from "./usage.js";

/** What is known of a model's answer, from its request, its chunks, and its result. */
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

  /** Reads the model that a request asks for: of its messages nothing is the answer. */
  asked(request: unknown): void {
    unlessItThrows(() => {
      this.#model ??= modelIn(partsOf(request));
    });
  }

  /** Reads a result, a chunk of a stream, or what the program says in the names of the events. */
  learn(answer: unknown): void {
    unlessItThrows(() => {
      const parts = partsOf(answer);
      this.#model = modelIn(parts) ?? this.#model;
      this.#finishReason = finishReasonIn(parts) ?? this.#finishReason;
      addUsage(this.#usage, parts);
      this.#toolCalls.add(parts);
    });
  }

  /** @param withArguments Of the calls of tools too: they are of the model's outputs. */
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

/** A module that is not evaluated yet has fields that throw. */
function unlessItThrows(read: () => void): void {
  try {
    read();
  } catch {}
}
