import type { Framework } from "../shared/call-table.js";
import { read, textOf } from "../shared/within.js";

/** Where LangChain has its storage, which LangGraph sets up, and `register` has one of its own until then. */
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

/** @param runs Holds what LangChain would have its storage hold. */
export function keepRuns(runs: Storage): void {
  holder[ours] = runs;
}

/** The run that code in it is a child of. */
function runIdIn(store: unknown): string | undefined {
  const extra = read(store, "extra") as { readonly [childConfig]?: unknown } | undefined;
  return textOf(read(extra?.[childConfig], "callbacks"), "_parentRunId");
}
