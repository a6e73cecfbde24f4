import { ConfigurationError, type InstrumentOptions, instrument } from "@streamll/core";
import { read } from "./within.js";

/** How a client is recorded: as `instrument` takes it, but for what is known of the client. */
export type ClientOptions = Omit<InstrumentOptions, "kind" | "methods" | "operation">;

/** What has to be there for a client to be one of its kind. */
interface Kind {
  readonly name: string;
  /** A path of fields to a method. */
  readonly has: readonly string[];
}

/** Has a client's calls of models recorded, in place, and those of the clients that `withOptions` makes of it. */
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
