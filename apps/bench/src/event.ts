import type { WireEvent } from "@streamll/core";

/** An ordinary event of about 470 bytes of JSON, a new one each time. */
export function benchEvent(index: number): WireEvent {
  return {
    event_id: `bench${String(index).padStart(7, "0")}`,
    execution_id: `run-${index >> 6}`,
    timestamp: "2026-01-01T00:00:00.000Z",
    module_name: "RAGModule",
    method_name: "forward",
    event_type: "end",
    operation: "answer",
    data: {
      index,
      question: "What does a publisher confirm promise, and what does it not promise?",
      answer: {
        text: "That the broker has taken responsibility for the message.",
        score: 0.875,
        cited: [3, 14, 15],
      },
      duration_ms: 123.4,
    },
    tags: { environment: "production", team: "retrieval" },
  };
}

/** As many as are held at a time by the contestant that holds most of them, in whole executions. */
const READY_EVENTS = 16_384;

const ready = Array.from({ length: READY_EVENTS }, (_, index) => benchEvent(index));

/**
 * An event that was made before the clock started. They come round again after {@link READY_EVENTS}: with as many
 * objects as a run has events, the garbage collector would mark all of them again and again, and each contestant would
 * pay for what none of them holds.
 */
export const readyEvent = (index: number): WireEvent => ready[index % READY_EVENTS]!;

export const EXCHANGE = "streamll_bench";
export const QUEUE = "streamll_bench";

export const ROUTING_KEY = "bench.{module_name}.{event_type}";
/** What the template gives. */
export const routingKey = (event: WireEvent): string => `bench.${event.module_name}.${event.event_type}`;
