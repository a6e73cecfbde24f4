import type { Call } from "./call.js";
import type { CallReading } from "./call-around.js";
import { safely } from "./context.js";
import { notWatched } from "./error-fields.js";
import { failureIn } from "./llm/failure.js";
import { textOfChunk } from "./llm/text.js";
import { Excerpt } from "./snapshot.js";

const windowMs = 50;
const maxCoalesced = 64;

/** Records what is read from a call's result: `token` events as it is read, then the call's `end` or `error`. */
export class Reading implements CallReading {
  readonly call: Call;
  readonly #coalesced: number;
  #count = 0;
  /** What the next `token` event will carry. */
  #pending: Excerpt;
  #pendingCount = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #outputs: Excerpt;
  #over = false;

  constructor(call: Call) {
    this.call = call;
    this.#coalesced = call.tokens === "each" ? 1 : maxCoalesced;
    this.#pending = new Excerpt(call.maxBytes);
    this.#outputs = new Excerpt(call.maxBytes);
  }

  read(chunk: unknown): void {
    if (this.#over || !this.call.isOpen) return;
    safely(this.call.configuration, () => {
      const { isLlm } = this.call;
      const failure = isLlm ? failureIn(chunk) : undefined;
      if (failure !== undefined) return this.fail(failure.error);
      if (isLlm) this.call.recordAnswer(chunk);
      const text = textOf(chunk, isLlm);
      // A model's first and last chunks hold only its name, the usage and the finish reason.
      if (isLlm && (text === "" || (text === undefined && typeof chunk === "object"))) return;
      this.#count++;
      this.call.noteToken();
      if (this.call.outputs !== false) this.#outputs.add(text ?? chunk);
      this.#recordToken(text ?? chunk);
    });
  }

  end(cancelled?: "cancelled"): void {
    this.finish(undefined, cancelled && { cancelled: true });
  }

  finish(outputs: unknown, more?: Readonly<Record<string, unknown>>, at?: number): void {
    this.#end((count) => {
      const isRead = count > 0 || outputs === undefined;
      this.call.conclude(
        outputs ?? this.#outputs.content,
        { ...(isRead && { token_count: count }), ...more },
        at,
      );
    });
  }

  abandon(): void {
    this.#end((count) =>
      this.call.conclude(count === 0 ? notWatched : this.#outputs.content, { token_count: count }),
    );
  }

  fail(error: unknown, more?: Readonly<Record<string, unknown>>, at?: number): void {
    this.#end((count) => this.call.concludeFailed(error, { token_count: count, ...more }, at));
  }

  #end(conclude: (count: number) => void): void {
    if (this.#over) return;
    this.#over = true;
    this.flush();
    conclude(this.#count);
  }

  #recordToken(value: unknown): void {
    if (this.call.tokens === "off" || !this.call.configuration.wants("token")) return;
    if (this.call.outputs === true) this.#pending.add(value);
    this.#pendingCount++;
    if (this.#pendingCount >= this.#coalesced) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), windowMs);
  }

  /** Emits the tokens that wait to be coalesced with later ones. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pendingCount === 0) return;
    const { content } = this.#pending;
    this.call.token({
      ...(content !== undefined && { [typeof content === "string" ? "token" : "tokens"]: content }),
      token_index: this.#count - this.#pendingCount,
      token_count: this.#pendingCount,
    });
    this.#pending = new Excerpt(this.call.maxBytes);
    this.#pendingCount = 0;
  }
}

function textOf(chunk: unknown, isModels: boolean): string | undefined {
  try {
    return textOfChunk(chunk, isModels);
  } catch {
    return undefined;
  }
}
