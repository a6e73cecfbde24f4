import { createEvent, type StreamllEvent } from "@streamll/core";

/** Milliseconds between the beginnings of two executions. */
const APART_MS = 1700;
const answer = "The sky is blue because air scatters short waves more than long ones: Rayleigh scattering. ";
const question = "why is the sky blue?";

interface Shape {
  readonly module: string;
  readonly operation: string;
  readonly steps: readonly (readonly [module: string, operation: string, ms: number])[];
  readonly model: string;
}

const shapes: readonly Shape[] = [
  {
    ...{ module: "RAG", operation: "answer", model: "answerer" },
    steps: [
      ["Retriever", "search", 120],
      ["Reranker", "rank", 64],
    ],
  },
  {
    ...{ module: "Agent", operation: "plan_trip", model: "planner" },
    steps: [
      ["Tool", "weather", 210],
      ["Tool", "trains", 460],
      ["Tool", "hotels", 330],
    ],
  },
  {
    ...{ module: "Summarizer", operation: "summarize", model: "summarizer" },
    steps: [["Splitter", "split", 9]],
  },
  { ...{ module: "Classifier", operation: "route", model: "router" }, steps: [] },
];

/** The events of several programs, the latest of which have not ended. The same every time, but for the times. */
export function executionsUntil(end: number, count: number): StreamllEvent[] {
  return Array.from({ length: count }, (_, n) =>
    execution(n, end - (count - n) * APART_MS, count - n <= 2),
  ).flat();
}

function execution(n: number, from: number, isOpen: boolean): StreamllEvent[] {
  // About as random as it has to look.
  const dice = (n * 7919 + 13) % 100;
  const shape = shapes[[0, 0, 1, 0, 2, 3, 0, 1][n % 8]!]!;
  const isFailed = dice % 11 === 3 && !isOpen;
  const executionId = `run-${(4096 + n * 2654435761).toString(36).slice(-8)}`;
  const events: StreamllEvent[] = [];
  let at = from;
  let ids = 0;
  const add = (fields: Omit<Parameters<typeof createEvent>[0], "executionId">) => {
    const eventId = `${executionId}-${ids++}`;
    const timestamp = new Date(at).toISOString();
    events.push(createEvent({ eventId, executionId, timestamp, tags: { env: "prod" }, ...fields }));
    return eventId;
  };
  const { module: moduleName, operation } = shape;
  const root = add({ eventType: "start", moduleName, operation, data: { inputs: [question] } });
  for (const [name, of, ms] of shape.steps) {
    const took = Math.round(ms * (0.7 + dice / 160));
    at += 4;
    const step = add({
      ...{ eventType: "start", moduleName: name, operation: of, parentId: root },
      data: { inputs: [question] },
    });
    at += took;
    add({
      ...{ eventType: "end", moduleName: name, operation: of, parentId: step },
      data: { duration_ms: took, outputs: { passages: 8 } },
    });
  }
  at += 6;
  const model = add({
    ...{ eventType: "llm_start", moduleName: "LM", operation: shape.model, parentId: root },
    data: { model: "small-1", inputs: [{ role: "user", content: question }] },
  });
  const tokens = isFailed ? 9 : 18 + (dice % 40);
  const words = answer.repeat(4).split(/(?<= )/);
  const began = at;
  for (let token = 0; token < (isOpen ? 12 : tokens); token++) {
    at += 11 + ((dice * (token + 3)) % 17);
    add({
      ...{ eventType: "token", moduleName: "LM", operation: shape.model, parentId: model },
      data: { token: words[token % words.length], token_count: 1 },
    });
  }
  if (isOpen) return events;
  const ending = isFailed
    ? {
        error_type: "RateLimitError",
        error_message: "429: the model has had 60 requests this minute; try again in 8 s",
      }
    : { outputs: answer.trim(), usage: { input_tokens: 412, output_tokens: tokens }, finish_reason: "stop" };
  const eventType = isFailed ? "error" : "llm_end";
  add({
    ...{ eventType, moduleName: "LM", operation: shape.model, parentId: model },
    data: { duration_ms: at - began, ...ending },
  });
  at += 3;
  const { outputs: _, usage: _u, finish_reason: _f, ...error } = ending as Record<string, unknown>;
  add({
    ...{ eventType: isFailed ? "error" : "end", moduleName, operation, parentId: root },
    data: { duration_ms: at - from, ...(isFailed ? error : { outputs: answer.trim() }) },
  });
  return events;
}

/** One execution of so many calls. */
export function longExecution(end: number, calls: number): StreamllEvent[] {
  const executionId = "run-long";
  const from = end - calls * 2;
  const event = (eventId: string, at: number, more: Partial<Parameters<typeof createEvent>[0]>) =>
    createEvent({
      ...{ eventType: "start", eventId, executionId, timestamp: new Date(at).toISOString() },
      ...more,
    });
  const events = [event("root", from, { moduleName: "Agent", operation: "crawl" })];
  for (let n = 1; n < calls; n++) {
    const at = from + n * 2;
    const parentId = n % 10 === 1 ? "root" : `c${n - (n % 10 || 10) + 1}`;
    const name = {
      moduleName: n % 10 === 1 ? "Page" : "Tool",
      operation: n % 10 === 1 ? `visit ${n}` : `read ${n}`,
    };
    events.push(event(`c${n}`, at, { ...name, parentId }));
    events.push(
      event(`e${n}`, at + 14, { ...name, parentId: `c${n}`, eventType: "end", data: { duration_ms: 14 } }),
    );
  }
  return events;
}

/** As a consumer leaves them: how long ago in minutes, code, reason, event type, module. */
export const deadLetters: readonly (readonly [number, string, string, string, string])[] = [
  ...many(26, 190, "RETRIES_EXHAUSTED", "PostgresError: connect ECONNREFUSED 10.0.3.9:5432", "llm_end", "LM"),
  ...many(9, 179, "NO_PRICE", "there is no price for the model small-2", "llm_end", "Agent"),
  ...many(4, 41, "INVALID_EVENT", "data.usage must be an object", "end", "Summarizer"),
  ...many(2, 12, "MAX_DELIVERIES", "the consumer ended while it had the event, 20 times", "end", "Agent"),
].sort(([one], [other]) => other - one);

function many(count: number, minutes: number, ...rest: [string, string, string, string]) {
  return Array.from({ length: count }, (_, n) => [minutes - n * 3, ...rest] as const);
}
