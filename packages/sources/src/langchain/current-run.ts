import type { Framework } from "../shared/call-table.js";
import { read, textOf } from "../shared/within.js";

/** Where LangChain keeps its storage once LangGraph sets it up, and where `register` keeps one until then. */
const langchains = Symbol.for("ls:tracing_async_local_storage");
const ours = Symbol.for("@streamll/sources langchain runs");
const childConfig = Symbol.for("lc:child_config");

interface Storage {
  getStore(): unknown;
}

const holder = globalThis as { [langchains]?: Storage; [ours]?: Storage };

export const framework: Framework = {
  name: "langchain",
  currentKey: () => runIdIn(holder[langchains]?.getStore()) ?? runIdIn(holder[ours]?.getStore()),
};

/** @param runs Stores what LangChain passes to its own storage. */
export function keepRuns(runs: Storage): void {
  holder[ours] = runs;
}

/** The id of the run that is the parent of runs started in this context. */
function runIdIn(store: unknown): string | undefined {
  const extra = read(store, "extra") as { readonly [childConfig]?: unknown } | undefined;
  return textOf(read(extra?.[childConfig], "callbacks"), "_parentRunId");
}
