import type { Readable, Writable } from "node:stream";

/** Where output goes; a terminal has the last two. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The environment of a command. */
export interface Shell {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborts at the first Ctrl-C; its reason is the exit code of the signal. */
  readonly interrupted: AbortSignal;
}

/** https://no-color.org and https://force-color.org; a pipe gets no colour codes unless they are asked for. */
export function wantsColour(output: Output, { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return output.isTTY === true && TERM !== "dumb";
}
