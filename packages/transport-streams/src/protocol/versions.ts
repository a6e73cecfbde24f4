import { PUBLISH } from "./commands.js";
import type { Reader } from "./reader.js";
import { list, u16 } from "./writer.js";

/** Commands with the versions of each that the other end knows. */
export type CommandVersions = ReadonlyMap<number, { readonly least: number; readonly most: number }>;

export const exchangeCommandVersions = (): Buffer =>
  list([{ command: PUBLISH, least: 1, most: 2 }], ({ command, least, most }) =>
    Buffer.concat([u16(command), u16(least), u16(most)]),
  );

export const readVersions = (answer: Reader): CommandVersions =>
  new Map(answer.list(6, (reader) => [reader.u16(), { least: reader.u16(), most: reader.u16() }]));

/** Whether a broker's version is this one or later. Command 27 came with 3.11; before, it would end the connection. */
export function isFrom(brokerVersion: string | undefined, wantedMajor: number, wantedMinor: number): boolean {
  const [major = 0, minor = 0] = (brokerVersion ?? "").split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
