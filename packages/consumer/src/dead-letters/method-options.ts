import { boolean, callback, count, type Kind, Refusal, type RowsOf, text } from "@streamll/core/options";
import type { ReplayProgress } from "./replay.js";
import { type ReplayTarget, replayTarget } from "./replayed.js";
import { type Selection, selectionTable } from "./selection.js";

/** Ends what is under way, and gives back what is held. */
export interface Interruptible {
  readonly signal?: AbortSignal | undefined;
}

/** What a replay is told beside the selection. */
export interface ReplayOptions extends Selection, Interruptible {
  /** Instead of where each letter was meant for. */
  readonly to?: ReplayTarget | undefined;
  /** Letters a second, at most. Default: no limit. */
  readonly rate?: number | undefined;
  /** Only counts. Default `false`. */
  readonly dryRun?: boolean | undefined;
  /** Path of a file that makes a run after a crash go on with this one. Default: none. */
  readonly journal?: string | undefined;
  /** Told after every 256 letters. */
  readonly onProgress?: ((progress: ReplayProgress) => void) | undefined;
}

/** What a purge is told beside the selection. */
export interface PurgeOptions extends Selection, Interruptible {
  /** Only counts. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

const signal: Kind<AbortSignal> = {
  type: "`AbortSignal`",
  allowed: "an AbortSignal",
  read: (value) => {
    const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
    const isSignal = typeof aborted === "boolean" && typeof addEventListener === "function";
    return isSignal ? (value as AbortSignal) : new Refusal();
  },
};

/** What each method takes. */
export const interruptible = {
  ...selectionTable,
  signal: { kind: signal, about: "Ends what is under way, and gives back what is held." },
} satisfies RowsOf<Selection & Interruptible>;

export const purgeTable = {
  ...interruptible,
  dryRun: { kind: boolean, defaultText: "`false`", about: "Only counts." },
} satisfies RowsOf<PurgeOptions>;

export const replayTable = {
  ...purgeTable,
  to: { kind: replayTarget, about: "Instead of where each letter was meant for." },
  rate: { kind: count(1, 1_000_000), defaultText: "no limit", about: "Letters a second, at most." },
  journal: {
    kind: text(),
    about:
      "Path of a file that makes a run after a crash go on with this one: it publishes nothing that was confirmed, and names what is in doubt.",
  },
  onProgress: {
    kind: callback<NonNullable<ReplayOptions["onProgress"]>>("(progress) => …"),
    about: "Told after every 256 letters.",
  },
} satisfies RowsOf<ReplayOptions>;
