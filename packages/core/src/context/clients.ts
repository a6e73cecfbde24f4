import { methodOf, ownData } from "../fields.js";
import { isObject } from "../realm.js";

/** A provider's client, recognised by its methods rather than by its package or version. */
interface KnownClient {
  /** Methods that, of these clients, it alone has. */
  readonly has: readonly string[];
  /** The innermost methods that call a model: the client's other ways to call one end up in these. */
  readonly calls: readonly string[];
}

const clients: readonly KnownClient[] = [
  {
    // OpenAI, and the clients with its API: Groq, Together, xAI, DeepSeek, OpenRouter.
    has: ["chat.completions.create"],
    calls: [
      "chat.completions.create",
      "responses.create",
      "completions.create",
      "embeddings.create",
      "images.generate",
      "images.edit",
      "audio.speech.create",
      "audio.transcriptions.create",
      "audio.translations.create",
    ],
  },
  { has: ["messages.create"], calls: ["messages.create", "beta.messages.create", "completions.create"] },
  {
    // Google's Gen AI.
    has: ["models.generateContent"],
    calls: [
      "models.generateContent",
      "models.generateContentStream",
      "models.embedContent",
      "models.generateImages",
    ],
  },
  { has: ["chatStream", "rerank"], calls: ["chat", "chatStream", "embed", "rerank"] }, // Cohere
  { has: ["chat", "generate", "embed", "pull"], calls: ["chat", "generate", "embed"] }, // Ollama
];

/** A method that calls a model, and the object that holds it. */
export interface ModelMethod {
  /** The path from the client, such as `chat.completions.create`. */
  readonly path: string;
  readonly holder: object;
  readonly name: string;
}

/** The methods of a known client that call models; an empty list for any other object. */
export function modelMethodsOf(client: object): ModelMethod[] {
  const known = clients.find(({ has }) => has.every((path) => methodAt(client, path) !== undefined));
  return (known?.calls ?? []).flatMap((path) => methodAt(client, path) ?? []);
}

function methodAt(client: object, path: string): ModelMethod | undefined {
  const names = path.split(".");
  const name = names.pop() as string;
  let holder: unknown = client;
  // No getter is run: one may construct the client of another part of the API.
  for (const step of names) holder = isObject(holder) ? ownData(holder, step) : undefined;
  return isObject(holder) && methodOf(holder, name) !== undefined ? { path, holder, name } : undefined;
}
