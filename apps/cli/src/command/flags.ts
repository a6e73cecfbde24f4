import type { Row } from "@streamll/connection/internal";

/** An option of the command line. */
export interface Flag {
  /** In kebab-case, without the dashes. */
  readonly name: string;
  readonly letter?: string;
  /** The name of its value in the help. Absent: a switch. */
  readonly value?: string;
  /** `--no-NAME` exists too. */
  readonly negatable?: boolean;
  readonly about: string;
  /** The option that it sets, with its row, where there is one. */
  readonly option?: string;
  readonly row?: Row;
}

export const kebabCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const camelCase = (name: string): string =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
