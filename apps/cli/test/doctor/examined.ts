import { command } from "../support/shell.js";

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly code?: string;
  readonly reason?: string;
  readonly detail: string;
  readonly remedy?: { readonly text: string; readonly commands: readonly string[] };
}

/** What `streamll doctor --json` says, and the text of both outputs for what must not be in them. */
export async function examined(...args: readonly string[]) {
  const run = command(["doctor", "--json", ...args]);
  const code = await run.code;
  const all = run.stdout.text + run.stderr.text;
  const { checks } = JSON.parse(run.stdout.text) as { checks: readonly Shown[] };
  return {
    code,
    all,
    checks,
    /** What is not well, as `status reason`. */
    wrong: checks
      .filter(({ status }) => status !== "ok")
      .map(({ status, reason = "" }) => `${status} ${reason}`),
    found: (reason: string) => checks.find((check) => check.reason === reason),
  };
}
