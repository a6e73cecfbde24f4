// @ts-check

/** @param {number} ms A duration. */
export function took(ms) {
  if (!Number.isFinite(ms)) return "";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/**
 * How long ago, in one unit.
 *
 * @param {number | undefined} at Milliseconds since the epoch.
 */
export function age(at) {
  if (at === undefined) return "–";
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** @param {number} count @param {string} what */
export const counted = (count, what) => `${number(count)} ${what}${count === 1 ? "" : "s"}`;

/** @param {number | undefined} value */
export const number = (value) => (value === undefined ? "–" : Math.round(value).toLocaleString("en"));

/** @param {number} ms Since the epoch; the local time of day. */
export function clock(ms) {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) return "";
  return time.toLocaleTimeString("en-GB", { hour12: false });
}

/** Control characters, and those that turn the direction of text; line feeds and tabs stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text of somebody's data, which changes nothing of the text around it.
 *
 * @param {string} text
 */
export const plain = (text) =>
  text.replace(unsafe, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
