import type { Context, Span, SpanOptions, Tracer } from "@opentelemetry/api";

/** What the scene needs of a version of OpenTelemetry. */
export interface Otel {
  readonly tracer: Tracer;
  readonly api: typeof import("@opentelemetry/api");
}

/** Each of these is a trace of its own. */
export const runs: Record<string, (otel: Otel) => unknown> = {
  "an agent by gen_ai.* of today"(otel) {
    within(otel, "invoke_agent Librarian", { "gen_ai.operation.name": "invoke_agent" }, (agent) => {
      chat(
        otel,
        agent,
        [{ type: "tool_call", id: "t1", name: "search", arguments: { query: "rabbits" } }],
        "tool_calls",
      );
      within(
        otel,
        "execute_tool search",
        {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": "search",
          "gen_ai.tool.call.id": "t1",
          "gen_ai.tool.call.arguments": '{"query":"rabbits"}',
        },
        (tool) => tool.span.setAttribute("gen_ai.tool.call.result", "a book on rabbits"),
        agent.context,
      );
      chat(otel, agent, [{ type: "text", content: "Rabbits dig." }], "stop");
    });
  },
  "a model by gen_ai.* of before"(otel) {
    within(
      otel,
      "chat gpt-5",
      { "gen_ai.system": "openai", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5" },
      ({ span }) => {
        span.addEvent("gen_ai.user.message", { content: "Do rabbits dig?" });
        span.setAttributes({ "gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 2 });
        span.setAttribute("gen_ai.response.finish_reasons", ["stop"]);
        span.addEvent("gen_ai.choice", { content: "Rabbits dig." });
      },
    );
  },
  "a model by OpenLLMetry"(otel) {
    within(
      otel,
      "openai.chat",
      {
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Do rabbits dig?",
      },
      ({ span }) => {
        span.setAttributes({
          "gen_ai.completion.0.role": "assistant",
          "gen_ai.completion.0.content": "Rabbits dig.",
        });
        span.setAttributes({
          "gen_ai.completion.0.finish_reason": "stop",
          "gen_ai.response.model": "gpt-5-2026",
        });
        span.setAttributes({ "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2 });
      },
    );
  },
  "a chain by OpenInference"(otel) {
    within(
      otel,
      "chain",
      { "openinference.span.kind": "CHAIN", "input.value": "Do rabbits dig?" },
      (chain) => {
        within(
          otel,
          "ChatOpenAI",
          { "openinference.span.kind": "LLM", "llm.model_name": "gpt-5", "llm.provider": "openai" },
          ({ span }) => {
            span.setAttributes({
              "llm.input_messages.0.message.role": "user",
              "llm.input_messages.0.message.content": "Do rabbits dig?",
              "llm.token_count.prompt": 10,
              "llm.token_count.completion": 2,
              "llm.token_count.prompt_details.cache_read": 4,
              "output.value": "Rabbits dig.",
            });
          },
          chain.context,
        );
        chain.span.setAttribute("output.value", "Rabbits dig.");
      },
    );
  },
  "a model that fails"(otel) {
    within(
      otel,
      "chat gpt-5",
      { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5" },
      ({ span }) => {
        span.recordException(new RangeError("no such model"));
        span.setStatus({ code: otel.api.SpanStatusCode.ERROR, message: "failed" });
      },
    );
  },
  "a call that is tried again"(otel) {
    within(otel, "invoke_agent Librarian", { "gen_ai.operation.name": "invoke_agent" }, (agent) => {
      within(
        otel,
        "chat gpt-5",
        { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5" },
        ({ span }) => {
          span.setAttribute("error.type", "503");
          span.setStatus({ code: otel.api.SpanStatusCode.ERROR, message: "overloaded" });
        },
        agent.context,
      );
      chat(otel, agent, [{ type: "text", content: "Rabbits dig." }], "stop");
    });
  },
  "spans that end in another order than they began"(otel) {
    const outer = begin(otel, "outer", {});
    const inner = begin(otel, "inner", {}, outer.context);
    outer.span.end();
    const late = begin(otel, "late", {}, inner.context);
    inner.span.end();
    late.span.end();
  },
  "two runs at once"(otel) {
    const [one, other] = [begin(otel, "one", {}), begin(otel, "other", {})];
    const [below, beside] = [begin(otel, "below", {}, one.context), begin(otel, "beside", {}, other.context)];
    for (const { span } of [below, other, beside, one]) span.end();
  },
};

interface Begun {
  readonly span: Span;
  readonly context: Context;
}

function begin(
  { tracer, api }: Otel,
  name: string,
  attributes: SpanOptions["attributes"],
  context?: Context,
): Begun {
  const around = context ?? api.ROOT_CONTEXT;
  const span = tracer.startSpan(name, { attributes: attributes ?? {} }, around);
  return { span, context: api.trace.setSpan(around, span) };
}

function within(
  otel: Otel,
  name: string,
  attributes: SpanOptions["attributes"],
  work: (begun: Begun) => void,
  context?: Context,
): void {
  const begun = begin(otel, name, attributes, context);
  work(begun);
  begun.span.end();
}

function chat(otel: Otel, agent: Begun, parts: object[], reason: string): void {
  within(
    otel,
    "chat gpt-5",
    {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-5",
      "gen_ai.input.messages": JSON.stringify([
        { role: "user", parts: [{ type: "text", content: "Do rabbits dig?" }] },
      ]),
    },
    ({ span }) => {
      span.setAttributes({
        "gen_ai.response.model": "gpt-5-2026",
        "gen_ai.response.finish_reasons": [reason],
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts }]),
      });
    },
    agent.context,
  );
}
