/** An option of the command line. */
export interface Flag {
  /** In kebab-case, without the dashes. */
  readonly name: string;
  readonly letter?: string;
  /** What the help calls its value. Absent: a switch. */
  readonly value?: string;
  /** `--no-NAME` is there too. */
  readonly negatable?: boolean;
  readonly about: string;
}

export const kebabCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const camelCase = (name: string): string =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
