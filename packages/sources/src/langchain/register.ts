import { CallbackManager } from "@langchain/core/callbacks/manager";
import { handlerName, langchain } from "./handler.js";

// Records all runs of the process, also those that are given no callbacks: importing this file is enough.

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
}
