import type { Call } from "./call.js";
import { aside } from "./context.js";
import { textOfChunk } from "./llm.js";
import { fitting, snapshot } from "./snapshot.js";

const windowMs = 50;
const maxCoalesced = 64;

/** What is read from a stream that a call gave: `token` events as it is read, `end` or `error` when it is over. */
export class Reading {
  readonly call: Call;
  readonly #coalesced: number;
  #count = 0;
  /** What the next event tells. */
  #pending: unknown[] = [];
  #pendingCount = 0;
  #timer: NodeJS.Timeout | undefined;
  /** All that was read, until there is no more room. */
  readonly #outputs: unknown[] = [];
  #room: number;
  #over = false;

  constructor(call: Call) {
    this.call = call;
    this.#coalesced = call.tokens === "each" ? 1 : maxCoalesced;
    this.#room = call.maxBytes;
  }

  read(chunk: unknown): void {
    if (this.#over) return;
    aside(this.call.configuration, () => {
      if (this.call.isLlm) this.call.learn(chunk);
      const text = textOf(chunk);
      // A model's first and last chunks only hold its name, the usage, the reason to stop.
      if (this.call.isLlm && text === undefined && typeof chunk === "object") return;
      this.#count++;
      if (this.call.outputs !== false) this.#keep(text ?? chunk);
      this.#tell(text ?? chunk);
    });
  }

  end(cancelled?: "cancelled"): void {
    if (this.#over) return;
    this.#over = true;
    this.#flush();
    const more = { token_count: this.#count, ...(cancelled && { cancelled: true }) };
    this.call.end(this.#count === 0 ? undefined : joined(this.#outputs), more);
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#flush();
    this.call.fail(error, { token_count: this.#count });
  }

  #keep(value: unknown): void {
    if (this.#room < 0) return;
    const kept = snapshot(value, this.#room);
    this.#room -= typeof kept === "string" ? Buffer.byteLength(kept) : (JSON.stringify(kept)?.length ?? 0);
    this.#outputs.push(kept);
  }

  #tell(value: unknown): void {
    if (this.call.tokens === "off" || !this.call.configuration.wants("token")) return;
    if (this.call.outputs === true) this.#pending.push(snapshot(value, this.call.maxBytes));
    this.#pendingCount++;
    if (this.#pendingCount >= this.#coalesced) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), windowMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pendingCount === 0) return;
    const tokens = this.#pending.length === 0 ? undefined : joined(this.#pending);
    this.call.token({
      ...(typeof tokens === "string" && { token: fitting(tokens, this.call.maxBytes) }),
      ...(typeof tokens === "object" && { tokens }),
      token_index: this.#count - this.#pendingCount,
      token_count: this.#pendingCount,
    });
    this.#pending = [];
    this.#pendingCount = 0;
  }
}

function textOf(chunk: unknown): string | undefined {
  try {
    return textOfChunk(chunk);
  } catch {
    return undefined;
  }
}

/** Pieces of text as one, other values as a list. */
function joined(values: readonly unknown[]): string | readonly unknown[] {
  return values.every((value) => typeof value === "string") ? values.join("") : values;
}
