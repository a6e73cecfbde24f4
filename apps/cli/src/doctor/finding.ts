import type { Reason } from "./reasons.js";

/** `unknown`: what the user's rights hide, or nobody can see from here. It fails nothing. */
export type Status = "ok" | "warning" | "failed" | "unknown";

export interface Finding {
  readonly status: Status;
  /** In the words of `health()`, where those have it: `TRANSPORT_AUTH`. */
  readonly code?: string;
  /** Which section of the page tells more. */
  readonly reason?: Reason;
  readonly detail: string;
  readonly remedy?: Remedy;
}

export interface Remedy {
  readonly text: string;
  /** For a shell, each on a line. */
  readonly commands?: readonly string[];
}

/** What is looked at, in this order; each needs the one before. */
export const checkIds = [
  "options",
  "network",
  "login",
  "routing",
  "limits",
  "readers",
  "node",
  "clock",
  "probe",
  "watch",
] as const;

export type CheckId = (typeof checkIds)[number];

/** What a check found; never empty. */
export interface Checked {
  readonly id: CheckId;
  readonly findings: readonly Finding[];
  readonly ms: number;
}

export const ok = (detail: string): Finding => ({ status: "ok", detail });

export const unknown = (detail: string, remedy?: string): Finding => ({
  status: "unknown",
  detail,
  ...(remedy === undefined ? {} : { remedy: { text: remedy } }),
});
