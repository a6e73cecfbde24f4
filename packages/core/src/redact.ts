import { printable } from "./printable.js";

/** What a URL begins with, where it is one. */
const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/** In place of a secret. */
const MASK = "***";
/** Of a value, in an error. */
const SHOWN = 60;
/** Of a line that is told: more of it is somebody's data. */
const LONGEST_LINE = 4000;

/** A `:`, also one that was percent-encoded, once or more, together with what follows it. */
const colon = /:|%(?:25)*3a/i;

/** What stands before the first `:`. Behind it may be a password, whatever the text was meant to be. */
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
 * A value that is in use and is no URL, such as a name, as `explain()` shows it. It stays as it is, unless somebody put a
 * URL or a connection string there.
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
 * A sentence as it may be told, whoever wrote part of it: a word that is a URL is without its password, it is one line of
 * a bounded length, and nothing in it steers a terminal. All errors and all lines of a log go through here.
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
