import { parseEvent, type StreamllEvent } from "@streamll/core";
import type { MemoryBroker } from "@streamll/transport-memory";
import { expect, vi } from "vitest";
import { bodiesIn, command, type Given } from "../support/shell.js";

/** For a machine that does something else too. */
export const patient = { timeout: 20_000 };

/** `streamll listen` on a port that was free. */
export async function listening(args: readonly string[] = [], given: Given = {}) {
  const run = command(["listen", "--port", "0", ...args], given);
  const url = await vi.waitFor(() => {
    const [, found] = /listening on (https?:\S+)/.exec(run.stderr.text) ?? [];
    expect(found, run.stderr.text).toBeDefined();
    return found as string;
  }, patient);
  return {
    ...run,
    url,
    /** Ends it, and waits for that. */
    async stop(): Promise<number> {
      run.interrupt();
      return run.code;
    },
  };
}

export type Listening = Awaited<ReturnType<typeof listening>>;

export const eventsIn = (broker: MemoryBroker): StreamllEvent[] => bodiesIn(broker).map(parseEvent);

export type Body = NonNullable<RequestInit["body"]>;

export const post = (url: string, body: Body, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/events`, {
    method: "POST",
    body,
    headers: { "content-type": "application/x-ndjson", ...headers },
  });

export const errorIn = async (answer: Response) => ((await answer.json()) as { error: unknown }).error;

export const line = (i: number): string => `${JSON.stringify({ event_type: "start", data: { i } })}\n`;
