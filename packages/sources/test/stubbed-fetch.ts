/** An answer of a provider: JSON, the events of a stream, or an error status. */
export type Answer =
  | { json: object }
  | { events: (readonly [event: string | undefined, data: unknown])[] }
  | { status: number };

/** A `fetch` that returns these answers in turn, and each chunk of a stream when it is asked for. */
export function stubbedFetch(...answers: Answer[]): typeof fetch {
  const left = [...answers];
  return async (_url, init) => {
    const answer = left.shift();
    if (answer === undefined) throw new Error("there are no more answers");
    if ("status" in answer) {
      const headers = { "content-type": "application/json", "retry-after-ms": "1" };
      const error = { type: "overloaded_error", message: "overloaded", code: "overloaded" };
      return Response.json({ error }, { status: answer.status, headers });
    }
    if ("json" in answer)
      return Response.json(answer.json, { headers: { "request-id": "r1", "x-request-id": "r1" } });
    return new Response(streamOf(answer.events, init?.signal), {
      headers: { "content-type": "text/event-stream" },
    });
  };
}

function streamOf(
  events: (readonly [event: string | undefined, data: unknown])[],
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const left = [...events];
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      start(controller) {
        signal?.addEventListener("abort", () => controller.error(signal.reason));
      },
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const next = left.shift();
        if (signal?.aborted) return;
        if (next === undefined) return controller.close();
        const [event, data] = next;
        const text = typeof data === "string" ? data : JSON.stringify(data);
        controller.enqueue(
          encoder.encode(`${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`),
        );
      },
    },
    { highWaterMark: 0 },
  );
}
