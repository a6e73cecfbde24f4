/** Control characters, and those that change the direction of text: in a user's data they could rewrite the screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text that cannot control a terminal or begin a log line: such characters are written as `\u001b`. */
export const printable = (text: string): string => text.replace(unsafe, escaped);

/** The same for text of several lines, whose line breaks stay. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** The same for JSON, which stays the same document, since an escape in a string means its character. */
export const printableJson = (json: string): string =>
  json.replace(unsafe, (character) => (/\s/.test(character) && character < " " ? " " : escaped(character)));

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
