/** Control characters, and those that turn the direction of text: in somebody's data they could rewrite the screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text that can steer no terminal and begin no line of a log: such characters stand as `\u001b`. */
export const printable = (text: string): string => text.replace(unsafe, escaped);

/** The same of text in several lines, which stay. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** The same of JSON, which stays the same document: within strings an escape means its character. */
export const printableJson = (json: string): string =>
  json.replace(unsafe, (character) => (/\s/.test(character) && character < " " ? " " : escaped(character)));

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
