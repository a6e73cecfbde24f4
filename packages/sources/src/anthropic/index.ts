import { type ClientOptions, recordClient } from "../shared/client.js";

export type { ClientOptions } from "../shared/client.js";

/**
 * Records the model calls of an Anthropic client, whichever way they are made (`create`, `stream`, `parse`, a tool runner,
 * `withResponse`), and those of the clients that its `withOptions` returns.
 *
 * @returns The client itself.
 * @throws ConfigurationError for anything but such a client.
 * @example
 * const client = recordAnthropic(new Anthropic());
 */
export function recordAnthropic<T extends object>(client: T, options: ClientOptions = {}): T {
  return recordClient(client, options, { name: "Anthropic", has: ["messages", "create"] });
}
