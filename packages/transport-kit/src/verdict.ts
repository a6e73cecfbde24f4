import { TransportError, type TransportErrorKind } from "@streamll/core";

/** What a failure means in the terms of the seam, without its text. */
export interface Verdict {
  readonly kind: TransportErrorKind;
  /** Trying the same again cannot help. */
  readonly permanent: boolean;
  /** What the reader should do, as a sentence without its full stop. */
  readonly hint?: string;
}

/** Short for a {@link Verdict}. */
export const verdict = (kind: TransportErrorKind, permanent: boolean, hint?: string): Verdict =>
  hint === undefined ? { kind, permanent } : { kind, permanent, hint };

/**
 * The error of a verdict: `text`, a full stop where it has none, then the hint.
 *
 * @param text begins with the endpoint's label, and says what happened.
 * @example
 * errorOf(verdict("auth", true, "Check the password"), `${label}: WRONGPASS`, error);
 * // TransportError: redis://localhost/: WRONGPASS. Check the password
 */
export const errorOf = ({ kind, permanent, hint }: Verdict, text: string, cause?: unknown): TransportError =>
  new TransportError(kind, hint === undefined ? text : `${text.replace(/[.\s]+$/, "")}. ${hint}`, {
    cause,
    permanent,
  });
