import { printable } from "@streamll/core/internal";

/** One word of a shell, whatever it holds. */
export const inShell = (word: string): string =>
  /^[\w./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", `'\\''`)}'`;

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
