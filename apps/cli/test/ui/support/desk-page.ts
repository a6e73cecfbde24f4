import { expect, onTestFinished, vi } from "vitest";
import { command } from "../../support/shell.js";
import { ask } from "./ask.js";

/** What the page is told of dead letters. */
export interface Told {
  readonly task?: unknown;
  readonly problem?: string;
  readonly report?: { readonly replayed: number; readonly problems: readonly unknown[] };
  readonly list: {
    readonly version: number;
    readonly matched: number;
    readonly codes: readonly string[];
    readonly types: readonly string[];
    readonly modules: readonly string[];
  };
}

/** The page of `streamll ui`, and what it does about dead letters. */
export async function deskPage(args: readonly string[]) {
  const run = command(["ui", ...args]);
  onTestFinished(async () => {
    run.interrupt();
    expect(await run.code).toBe(130);
  });
  await vi.waitFor(() => expect(run.stdout.text).toMatch(/^http:.*\n$/), 10_000);
  const url = new URL(run.stdout.text.trim());
  const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
    ask(new URL(path, url), {
      method: "POST",
      headers: { origin: url.origin, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  /** What the page is told, once nothing goes on. */
  const settled = async () =>
    vi.waitFor(async () => {
      const { body } = await ask(new URL("live", url));
      const told = JSON.parse(body.replace("data: ", "")).deadLetters as Told;
      expect(told.task).toBeUndefined();
      return told;
    }, 10_000);
  const looked = async () => {
    expect(await post("look")).toMatchObject({ status: 202 });
    return settled();
  };
  return { run, url, post, settled, looked };
}
