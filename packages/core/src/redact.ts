import { printable } from "./printable.js";

/** The beginning of a URL. */
const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/** In place of a secret. */
const MASK = "***";
/** The most characters that an error shows of a value. */
const SHOWN = 60;
/** The most characters of a line: a longer one would contain data. */
const LONGEST_LINE = 4000;

/** A `:`, also one that was percent-encoded, once or more, together with what follows it. */
const colon = /:|%(?:25)*3a/i;

/** The text before the first `:`. What follows may be a password, whatever the text was meant to be. */
export function beforeColon(text: string): string {
  const end = text.search(colon);
  return end < 0 ? text : `${text.slice(0, end)}:…`;
}

/** A value that was refused, as its error may repeat it: quoted, on one line, short, and nothing behind the first `:`. */
export function quoted(value: string): string {
  // A connection string has its key behind a = instead.
  const shown = keys.test(value) ? "…" : beforeColon(value);
  return printable(JSON.stringify(shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown));
}

/**
 * A value that is in use and is no URL, such as a name, as `explain()` shows it. It is unchanged unless it contains a URL
 * or a connection string.
 */
export function redacted(value: string): string {
  return /(?::|%(?:25)*3a)(?:\/|%(?:25)*2f)/i.test(value) ? beforeColon(value) : maskKeys(maskLogin(value));
}

/** The strings of a plain value, each redacted. */
export function redactedDeeply(value: unknown): unknown {
  if (typeof value === "string") return redacted(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(redactedDeeply);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [redacted(name), redactedDeeply(one)]),
  );
}

/**
 * Makes a sentence safe to show, whoever wrote parts of it: URLs lose their password, it becomes one line of bounded
 * length, and it contains no terminal control sequences. All errors and all log lines go through here.
 */
export function told(sentence: string): string {
  const bounded = sentence.length > LONGEST_LINE ? `${sentence.slice(0, LONGEST_LINE)}…` : sentence;
  const masked = bounded.includes("@") ? bounded.replace(/[^\s"'`<>]+/g, maskLogin) : bounded;
  return printable(maskKeys(masked)).slice(0, LONGEST_LINE + 1);
}

/** Goes over the text once: what is looked for lies left of its last `@`. */
function maskLogin(text: string): string {
  const end = text.lastIndexOf("@");
  if (end < 0) return text;
  const from = scheme.exec(text)?.[0].length ?? 0;
  const login = text.slice(from, end);
  const at = login.search(colon);
  return at < 0 ? text : `${text.slice(0, from + at)}:${MASK}${text.slice(end)}`;
}

const keys =
  /\b(sharedaccesskey|sharedaccesssignature|sig|password|passwd|pwd|passphrase|secret|token|api[_-]?key)\s?=[^\s;&,"'`<>]+/i;
const everyKey = new RegExp(keys, "gi");

const maskKeys = (text: string): string => text.replace(everyKey, `$1=${MASK}`);
