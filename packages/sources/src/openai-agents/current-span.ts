import type { Framework } from "../shared/call-table.js";
import { read, textOf } from "../shared/within.js";

/** Where OpenAI Agents keeps the trace and the span that the present code is in, for all its copies. */
const storage = Symbol.for("openai.agents.core.asyncLocalStorage");

interface Storage {
  getStore(): unknown;
}

export const framework: Framework = {
  name: "openai-agents",
  currentKey() {
    const store = storeOf();
    return textOf(read(store, "span"), "spanId") ?? textOf(read(store, "trace"), "traceId");
  },
};

/** The span that is current, also one that a generator has made it. */
export const currentSpan = (): unknown => read(storeOf(), "span");

function storeOf(): unknown {
  const store = (globalThis as { [storage]?: Storage })[storage]?.getStore();
  return read(store, "active") === true ? store : undefined;
}
