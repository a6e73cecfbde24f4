import { type ClientOptions, recordClient } from "../shared/client.js";

export type { ClientOptions } from "../shared/client.js";

/**
 * Records the model calls of an OpenAI client, or of another provider's client with the same methods: chat, responses,
 * completions, embeddings, images and speech, whichever way they are made (`parse`, `stream`, `runTools`,
 * `withResponse`), and those of the clients that its `withOptions` returns.
 *
 * @returns The client itself.
 * @throws ConfigurationError for anything but such a client.
 * @example
 * const client = recordOpenAI(new OpenAI());
 */
export function recordOpenAI<T extends object>(client: T, options: ClientOptions = {}): T {
  return recordClient(client, options, { name: "OpenAI", has: ["chat", "completions", "create"] });
}
