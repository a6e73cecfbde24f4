import { type ClientOptions, recordClient } from "../shared/client.js";

export type { ClientOptions } from "../shared/client.js";

/**
 * Records the calls of models of a client of OpenAI, or of a provider whose client has its methods: chat, responses,
 * completions, embeddings, images, speech; whichever way they are called (`parse`, `stream`, `runTools`,
 * `withResponse`), and those of the clients that `withOptions` makes of it.
 *
 * @returns The client itself.
 * @throws ConfigurationError for what is no such client.
 * @example
 * const client = recordOpenAI(new OpenAI());
 */
export function recordOpenAI<T extends object>(client: T, options: ClientOptions = {}): T {
  return recordClient(client, options, { name: "OpenAI", has: ["chat", "completions", "create"] });
}
