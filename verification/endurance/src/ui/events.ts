/** Of a day of 500 events a second. */
const APART_MS = 2;
/** Of one execution: a start, a model's start, tokens, and the ends of both. */
const EVENTS_EACH = 12;
const CHUNK = 200;
const FROM = Date.UTC(2026, 0, 1);
const text = "what a model is asked, and what it answers, is longer than a token ".repeat(4);

/** The JSON of the event with that number. Some are of one execution that never ends, some have a name of their own. */
export function eventText(n: number): string {
  const run = Math.floor(n / EVENTS_EACH);
  const step = n % EVENTS_EACH;
  const common = {
    event_id: `e${n}`,
    execution_id: n % 10_000 === 0 ? "service" : `run-${run}`,
    timestamp: new Date(FROM + n * APART_MS).toISOString(),
    module_name: step === 0 || step === EVENTS_EACH - 1 ? "RAG" : "LM",
    operation: run % 100 === 0 ? `answer ${run}` : "answer",
  };
  const root = `e${run * EVENTS_EACH}`;
  const model = `e${run * EVENTS_EACH + 1}`;
  return JSON.stringify({ ...common, ...partOf(step, root, model) });
}

function partOf(step: number, root: string, model: string): object {
  if (step === 0) return { event_type: "start", data: { inputs: [text] } };
  if (step === 1) return { event_type: "llm_start", parent_id: root, data: { inputs: [text] } };
  if (step === EVENTS_EACH - 2)
    return { event_type: "llm_end", parent_id: model, data: { duration_ms: 18, outputs: text } };
  if (step === EVENTS_EACH - 1)
    return { event_type: "end", parent_id: root, data: { duration_ms: 22, outputs: text } };
  return { event_type: "token", parent_id: model, data: { token: "word ", token_count: 1 } };
}

/** As NDJSON, some at a time. */
export function* linesOf(count: number): Generator<{ readonly text: Buffer; readonly events: number }> {
  for (let n = 0; n < count; n += CHUNK) {
    const events = Math.min(CHUNK, count - n);
    const lines = Array.from({ length: events }, (_, index) => `${eventText(n + index)}\n`);
    yield { text: Buffer.from(lines.join("")), events };
  }
}
