import { ConfigurationError, type InstrumentOptions, instrument } from "@streamll/core";
import { read } from "./within.js";

/** The options of `instrument`, except those that the client determines. */
export type ClientOptions = Omit<InstrumentOptions, "kind" | "methods" | "operation">;

/** How to recognise a provider's client. */
interface Kind {
  readonly name: string;
  /** The path of fields to a method that it has. */
  readonly has: readonly string[];
}

/** Records a client's model calls, in place, and those of the clients that its `withOptions` returns. */
export function recordClient<T extends object>(client: T, options: ClientOptions, kind: Kind): T {
  if (typeof kind.has.reduce<unknown>(read, client) !== "function") {
    const message = `write a client of ${kind.name}, which has ${kind.has.join(".")}`;
    throw new ConfigurationError([{ option: "client", message }]);
  }
  instrument(client, { ...options, moduleName: options.moduleName ?? kind.name });
  const withOptions = read(client, "withOptions");
  if (typeof withOptions === "function" && !Object.hasOwn(client, "withOptions")) {
    const recorded = function (this: object, ...args: unknown[]): unknown {
      return recordClient(Reflect.apply(withOptions, this, args) as object, options, kind);
    };
    Object.defineProperty(client, "withOptions", { value: recorded, configurable: true, writable: true });
  }
  return client;
}
