import { describe, expect, it } from "vitest";
import { instrument } from "../../src/index.js";
import { record } from "./recorder.js";

const answer = { model: "m-1", usage: { input_tokens: 1 } };

/** Has the structure of OpenAI's and Anthropic's clients. */
class OpenAI {
  readonly chat = { completions: new Completions(this) };
  readonly responses = new Responses(this);
  readonly apiKey = "secret";
  async post(_path: string) {
    return this.fetch();
  }
  async fetch() {
    return answer;
  }
  get beta(): object {
    throw new Error("no getter is run");
  }
}

class Resource {
  constructor(protected readonly client: OpenAI) {}
}

class Completions extends Resource {
  create(_: { model: string }) {
    return this.client.post("/chat/completions");
  }
  parse(request: { model: string }) {
    return this.client.chat.completions.create(request);
  }
  list() {
    return this.client.post("/list");
  }
}

class Responses extends Resource {
  create(_: { model: string }) {
    return this.client.post("/responses");
  }
}

describe("an instrumented client of a provider", () => {
  it("records its model calls, and none of its internal methods", async () => {
    const recorder = record();
    const client = new OpenAI();
    expect(instrument(client)).toBe(client);
    await client.chat.completions.create({ model: "asked" });
    await client.responses.create({ model: "asked" });
    await client.chat.completions.list();
    await client.post("/models");
    expect(recorder.types).toEqual(["llm_start", "llm_end", "llm_start", "llm_end"]);
    expect(recorder.one("llm_start")).toMatchObject({
      moduleName: "OpenAI",
      methodName: "chat.completions.create",
      operation: "chat.completions.create",
      data: { model: "asked" },
    });
    expect(recorder.one("llm_end").data.model).toBe("m-1");
    expect(JSON.stringify(recorder.events)).not.toContain("secret");
  });

  it("records a helper that calls another method as one call", async () => {
    const recorder = record();
    const client = instrument(new OpenAI());
    await client.chat.completions.parse({ model: "asked" });
    expect(recorder.types).toEqual(["llm_start", "llm_end"]);
  });

  it("is treated as any other object when methods are named", async () => {
    const recorder = record();
    const client = instrument(new OpenAI(), { methods: ["fetch"] });
    await client.chat.completions.create({ model: "asked" });
    expect(recorder.types).toEqual(["start", "end"]);
  });

  it.each<[string, object, string]>([
    ["Anthropic", { messages: { create: async () => answer } }, "messages.create"],
    [
      "Google",
      { models: { generateContent: async () => answer, get: async () => {} } },
      "models.generateContent",
    ],
    ["Ollama", { chat: async () => answer, generate() {}, embed() {}, pull() {} }, "chat"],
    ["Cohere", { chat: async () => answer, chatStream() {}, rerank() {}, embed() {} }, "chat"],
  ])("may be one of %s", async (_, client, path) => {
    const recorder = record();
    instrument(client);
    const method = path.split(".").reduce((at, name) => at[name] as never, client as Record<string, never>);
    await (method as unknown as () => Promise<unknown>)();
    expect(recorder.one("llm_start")).toMatchObject({ operation: path });
    expect(recorder.types).toEqual(["llm_start", "llm_end"]);
  });
});
