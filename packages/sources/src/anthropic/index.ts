import { type ClientOptions, recordClient } from "../shared/client.js";

export type { ClientOptions } from "../shared/client.js";

/**
 * Records the calls of models of a client of Anthropic, whichever way they are called (`create`, `stream`, `parse`, a tool
 * runner, `withResponse`), and those of the clients that `withOptions` makes of it.
 *
 * @returns The client itself.
 * @throws ConfigurationError for what is no such client.
 * @example
 * const client = recordAnthropic(new Anthropic());
 */
export function recordAnthropic<T extends object>(client: T, options: ClientOptions = {}): T {
  return recordClient(client, options, { name: "Anthropic", has: ["messages", "create"] });
}
