import type { Framework } from "../shared/call-table.js";
import { read, textOf } from "../shared/within.js";

/** Where all loaded copies of OpenAI Agents keep the current trace and span. */
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

/** The current span. */
export const currentSpan = (): unknown => read(storeOf(), "span");

function storeOf(): unknown {
  const store = (globalThis as { [storage]?: Storage })[storage]?.getStore();
  return read(store, "active") === true ? store : undefined;
}
