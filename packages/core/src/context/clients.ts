import { methodOf, ownData } from "../fields.js";
import { isObject } from "../realm.js";

/** A client of a provider, by what it has: whichever package or version it is of. */
interface KnownClient {
  /** Methods that it has, and no other client of these. */
  readonly has: readonly string[];
  /** Those that call a model, the innermost of each: its other ways to call one are made of them. */
  readonly calls: readonly string[];
}

const clients: readonly KnownClient[] = [
  {
    // OpenAI, and all that speak as it does: Groq, Together, xAI, DeepSeek, OpenRouter.
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

/** A method that calls a model, and what holds it. */
export interface ModelMethod {
  /** From the client, such as `chat.completions.create`. */
  readonly path: string;
  readonly holder: object;
  readonly name: string;
}

/** The methods of a known client that call models; none of another object. */
export function modelMethodsOf(client: object): ModelMethod[] {
  const known = clients.find(({ has }) => has.every((path) => methodAt(client, path) !== undefined));
  return (known?.calls ?? []).flatMap((path) => methodAt(client, path) ?? []);
}

function methodAt(client: object, path: string): ModelMethod | undefined {
  const names = path.split(".");
  const name = names.pop() as string;
  let holder: unknown = client;
  // Without running a getter: one may make the client of another part.
  for (const step of names) holder = isObject(holder) ? ownData(holder, step) : undefined;
  return isObject(holder) && methodOf(holder, name) !== undefined ? { path, holder, name } : undefined;
}
