import type { CallHandle } from "@streamll/core";
import { CallTable } from "../shared/call-table.js";
import { read, tagsOf, textOf } from "../shared/within.js";
import { framework } from "./current-span.js";
import { describe } from "./span-data.js";

/** A trace or a span of OpenAI Agents. */
interface Traced {
  readonly traceId: string;
}

/** A trace processor for `addTraceProcessor` of OpenAI Agents. */
export interface AgentsTraceProcessor {
  onTraceStart(trace: Traced): Promise<void>;
  onTraceEnd(trace: Traced): Promise<void>;
  onSpanStart(span: Traced): Promise<void>;
  onSpanEnd(span: Traced): Promise<void>;
  shutdown(): Promise<void>;
  forceFlush(): Promise<void>;
}

/**
 * Records the runs of OpenAI Agents: agents, turns, model calls, tools, handoffs and guardrails.
 *
 * @example
 * import { addTraceProcessor } from "@openai/agents";
 * addTraceProcessor(openaiAgents());
 */
export function openaiAgents(): AgentsTraceProcessor {
  /** The calls of traces and of spans, whose ids differ in their prefix. */
  const calls = new CallTable(framework);

  /** How many spans of a trace are open. */
  const open = new Map<string, number>();

  /** Fails the trace of a run that throws, as the SDK does not report the end of such a trace. */
  const failTrace = (traceId: string, error: unknown, data: object) => {
    // A program that continues in the trace has opened its next span by then.
    setImmediate(() => {
      if (!open.has(traceId)) calls.get(traceId)?.fail(error, { data: { ...data } });
    });
  };

  const parentOf = (span: Traced): CallHandle | undefined =>
    calls.get(textOf(span, "parentId") ?? "") ?? calls.get(span.traceId);

  return {
    async onTraceStart(trace) {
      calls.open(trace.traceId, textOf(trace, "name") ?? "trace", {
        moduleName: "agents",
        tags: tagsOf({ trace_id: trace.traceId, group_id: textOf(trace, "groupId") }),
        outlivesParent: true,
      });
    },
    async onTraceEnd(trace) {
      calls.get(trace.traceId)?.end();
    },
    async onSpanStart(span) {
      const { operation, moduleName, kind } = describe(read(span, "spanData"));
      const { traceId } = span;
      const call = calls.open(textOf(span, "spanId") ?? "", operation, {
        moduleName,
        kind,
        parentId: parentOf(span)?.id,
        tags: tagsOf({ span_id: textOf(span, "spanId") }),
      });
      if (!call.isOpen) return;
      open.set(traceId, (open.get(traceId) ?? 0) + 1);
      call.onEnd(() => {
        const left = (open.get(traceId) ?? 1) - 1;
        if (left === 0) open.delete(traceId);
        else open.set(traceId, left);
      });
    },
    async onSpanEnd(span) {
      const call = calls.get(textOf(span, "spanId") ?? "");
      if (call === undefined) return;
      const { known, inputs, outputs, data } = describe(read(span, "spanData"));
      for (const answer of known) call.record(answer);
      const error = read(span, "error");
      if (error === null || error === undefined) return call.end(outputs, { inputs, data });
      const failure = failureOf(error);
      call.fail({ message: failure.message }, { inputs, data: { ...data, ...failure.data } });
      if (textOf(span, "parentId") === undefined)
        failTrace(span.traceId, { message: failure.message }, failure.data);
    },
    async shutdown() {},
    async forceFlush() {},
  };
}

/** The SDK reports an error as a message of its own, with the original message in its data. */
function failureOf(error: unknown): { readonly message: string; readonly data: object } {
  const data = read(error, "data");
  const cause = textOf(data, "error");
  const message = [textOf(error, "message") ?? "error", cause].filter(Boolean).join(": ");
  const code = read(data, "code");
  const hasCode = typeof code === "string" || typeof code === "number";
  return { message, data: { error_type: "SpanError", ...(hasCode && { code }) } };
}
