import { AsyncLocalStorage } from "node:async_hooks";
import { CallbackManager } from "@langchain/core/callbacks/manager";
import { AsyncLocalStorageProviderSingleton, MockAsyncLocalStorage } from "@langchain/core/singletons";
import { keepRuns } from "./current-run.js";
import { handlerName, langchain } from "./handler.js";

// Importing this file records all runs of the process, including those without callbacks.

interface Manager {
  readonly handlers: readonly { readonly name: string }[];
  addHandler(handler: object, inherit?: boolean): void;
}

interface Managers {
  new (): Manager;
  _configureSync(...args: readonly unknown[]): Manager | undefined;
}

const managers = CallbackManager as unknown as Managers;
const mark = Symbol.for("@streamll/sources langchain");
const marked = managers as Managers & { [mark]?: true };

if (marked[mark] === undefined) {
  marked[mark] = true;
  const configure = managers._configureSync;
  const handler = langchain();
  managers._configureSync = function (...args) {
    const manager = Reflect.apply(configure, this, args) ?? new managers();
    if (!manager.handlers.some(({ name }) => name === handlerName)) manager.addHandler(handler, true);
    return manager;
  };
  followRuns();
}

/**
 * Without LangGraph, LangChain passes its runs to a storage that keeps nothing. That storage still returns nothing, so
 * that the program behaves as before, but the current run is known to this source.
 */
function followRuns(): void {
  const storage: unknown = AsyncLocalStorageProviderSingleton.getInstance();
  if (!(storage instanceof MockAsyncLocalStorage)) return;
  const runs = new AsyncLocalStorage<unknown>();
  storage.run = (store, callback) => runs.run(store, callback);
  keepRuns(runs);
}
