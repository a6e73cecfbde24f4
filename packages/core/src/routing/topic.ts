/** RabbitMQ takes an empty key for no words at all, so that `*` does not match it. */
export const wordsOf = (text: string): string[] => (text === "" ? [] : text.split("."));

/**
 * Matches the pattern of a topic binding: `*` is one word, `#` any number of them, none too.
 *
 * Only the last `#` ever needs a longer stretch: whatever the ones before it took, what stands between them was
 * found as early as possible. So it never costs more than key times pattern.
 */
export function topicMatches(wanted: readonly string[], words: readonly string[]): boolean {
  let next = 0;
  let hash = -1;
  let resume = 0;
  for (let word = 0; word < words.length; ) {
    if (wanted[next] === "#") {
      hash = next++;
      resume = word;
    } else if (next < wanted.length && (wanted[next] === "*" || wanted[next] === words[word])) {
      next++;
      word++;
    } else if (hash >= 0) {
      next = hash + 1;
      word = ++resume;
    } else return false;
  }
  while (wanted[next] === "#") next++;
  return next === wanted.length;
}
