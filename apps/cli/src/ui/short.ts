import { printable } from "@streamll/core/internal";

/** Names come from the wire. */
const MOST_NAME = 200;

/** Text of somebody else in bounds, in which nothing turns the direction of the text around it. */
export const short = (text: string, most = MOST_NAME): string =>
  printable(text.length > most ? `${text.slice(0, most)}…` : text);
