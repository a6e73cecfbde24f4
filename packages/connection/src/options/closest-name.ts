/** `batch_size` and `BATCH-SIZE` as `batchSize`. */
function camelCase(name: string): string {
  return name.replace(/[_-]+(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A longer text is not a mistyped name. */
const MAX_NAME_LENGTH = 64;

/** The valid name that the user probably meant, or `undefined` where none is close. */
export function closestName(wrong: string, names: readonly string[]): string | undefined {
  if (wrong.length > MAX_NAME_LENGTH) return undefined;
  const meant = camelCase(/[a-z]/.test(wrong) ? wrong : wrong.toLowerCase()).toLowerCase();
  let closest: string | undefined;
  // With more than a third of the letters changed it is another word.
  let least = Math.min(3, Math.floor(meant.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(meant, name.toLowerCase());
    if (distance < least) {
      least = distance;
      closest = name;
    }
  }
  return closest;
}

/** Letters put in, left out, changed, or swapped with the next one. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwapped ? beforeLast[j - 2]! + 1 : change;
      row.push(Math.min(change, swap, previous[j]! + 1, row[j - 1]! + 1));
    }
    beforeLast = previous;
    previous = row;
  }
  return previous[b.length]!;
}
