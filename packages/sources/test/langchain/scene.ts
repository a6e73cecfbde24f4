import { setTimeout as later } from "node:timers/promises";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { ChatGenerationChunk } from "@langchain/core/outputs";
import { RunnableLambda } from "@langchain/core/runnables";
import { tool } from "@langchain/core/tools";
import { FakeRetriever } from "@langchain/core/utils/testing";
import { Annotation, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { emit, trace } from "@streamll/core";
import { z } from "zod";

const usage_metadata = {
  input_tokens: 10,
  output_tokens: 2,
  total_tokens: 12,
  input_token_details: { cache_read: 4 },
};

/** A model that returns an answer, whole or piece by piece. */
class Model extends BaseChatModel {
  readonly #pieces: string[];
  readonly #toolCalls: { id: string; name: string; args: object }[];

  constructor(pieces: string[], toolCalls: { id: string; name: string; args: object }[] = []) {
    super({});
    this.#pieces = pieces;
    this.#toolCalls = toolCalls;
  }

  _llmType() {
    return "fake";
  }

  override getLsParams() {
    return { ls_provider: "fake", ls_model_name: "m-1", ls_model_type: "chat" } as never;
  }

  get #metadata() {
    return {
      usage_metadata,
      response_metadata: {
        model_name: "m-1-2026",
        finish_reason: this.#toolCalls.length > 0 ? "tool_calls" : "stop",
      },
    };
  }

  async _generate() {
    const text = this.#pieces.join("");
    const message = new AIMessage({ content: text, tool_calls: this.#toolCalls, ...this.#metadata } as never);
    return { generations: [{ text, message }] };
  }

  override async *_streamResponseChunks(
    _messages: unknown,
    _options: unknown,
    manager?: { handleLLMNewToken(token: string): Promise<void> },
  ) {
    for (const [index, content] of this.#pieces.entries()) {
      await later(1);
      const isLast = index === this.#pieces.length - 1;
      const message = new AIMessageChunk({ content, ...(isLast && this.#metadata) } as never);
      yield new ChatGenerationChunk({ text: content, message });
      await manager?.handleLLMNewToken(content);
    }
  }
}

const modelOf = (...pieces: string[]) => new Model(pieces);
const asking = new Model([""], [{ id: "t1", name: "search", args: { query: "rabbits" } }]);

const search = tool(async ({ query }) => `a book on ${query}`, {
  name: "search",
  description: "searches",
  schema: z.object({ query: z.string() }),
});

const question = [new SystemMessage("Be brief."), new HumanMessage("Do rabbits dig?")];

/** Each of these is a run of its own. */
export const runs: Record<string, () => Promise<unknown>> = {
  async "a chain"() {
    const chain = RunnableLambda.from(() => question)
      .pipe(modelOf("Rabbits dig."))
      .pipe(RunnableLambda.from((message: AIMessage) => message.content).withConfig({ runName: "parse" }))
      .withConfig({ runName: "answer" });
    return chain.invoke("");
  },
  async "a stream that is read to its end"() {
    const read: unknown[] = [];
    for await (const { content } of await modelOf("Rab", "bits", " dig.").stream(question))
      read.push(content);
    return read;
  },
  async "a stream that is broken off"() {
    const chain = RunnableLambda.from(() => question).pipe(modelOf("Rab", "bits", " dig."));
    for await (const { content } of await chain.withConfig({ runName: "answer" }).stream("")) return content;
  },
  async "a call that throws"() {
    const broken = RunnableLambda.from(() => {
      throw new RangeError("no such model");
    }).withConfig({ runName: "broken" });
    return broken.invoke("").catch(({ message }: Error) => message);
  },
  async "a call that is aborted"() {
    const end = new AbortController();
    const slow = RunnableLambda.from(async () => {
      end.abort();
      await later(20);
    }).withConfig({ runName: "slow" });
    return slow.invoke("", { signal: end.signal }).catch(({ name }: Error) => name);
  },
  async "a call that is tried again"() {
    let tries = 0;
    const flaky = RunnableLambda.from(() => {
      if (++tries === 1) throw new Error("overloaded");
      return "done";
    }).withConfig({ runName: "flaky" });
    return flaky.withRetry({ stopAfterAttempt: 2 }).invoke("");
  },
  async "a retriever"() {
    return (await new FakeRetriever().invoke("rabbits")).length;
  },
  async "a graph that calls a tool"() {
    const answering = modelOf("Rabbits dig.");
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("agent", async ({ messages }) => {
        const model = messages.at(-1) instanceof ToolMessage ? answering : asking;
        return { messages: [await model.invoke(messages)] };
      })
      .addNode("tools", async ({ messages }) => {
        const [call] = (messages.at(-1) as AIMessage).tool_calls ?? [];
        return { messages: [await search.invoke({ ...call!, type: "tool_call" })] };
      })
      .addEdge(START, "agent")
      .addConditionalEdges("agent", ({ messages }) =>
        (messages.at(-1) as AIMessage).tool_calls?.length ? "tools" : "__end__",
      )
      .addEdge("tools", "agent")
      .compile();
    const { messages } = await graph.invoke({ messages: question });
    return messages.map(({ content }) => content);
  },
  async "a graph of which a node throws"() {
    const graph = new StateGraph(Annotation.Root({ text: Annotation<string> }))
      .addNode("write", () => {
        throw new RangeError("no ink");
      })
      .addEdge(START, "write")
      .compile();
    return graph.invoke({ text: "" }).catch(({ message }: Error) => message);
  },
  async "a graph whose code records calls of its own"() {
    const inner = RunnableLambda.from(async (query: string) => trace("rank", async () => [query])).withConfig(
      { runName: "inner" },
    );
    const find = tool(
      async ({ query }) => {
        emit("found", { data: { query } });
        return trace("index", async () => (await inner.invoke(query)).join());
      },
      { name: "find", description: "finds", schema: z.object({ query: z.string() }) },
    );
    const graph = new StateGraph(Annotation.Root({ text: Annotation<string> }))
      .addNode("write", async () => {
        await trace("plan", async () => later(1));
        return { text: await trace("act", () => find.invoke({ query: "rabbits" })) };
      })
      .addNode("check", async ({ text }) => ({ text: await trace("look", async () => `${text}!`) }))
      .addEdge(START, "write")
      .addConditionalEdges("write", () => trace("choose", () => "check"))
      .compile();
    return (await graph.invoke({ text: "" })).text;
  },
};
