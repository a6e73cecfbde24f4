/** An event as a line of input. */
export const event = (step: number): string =>
  `{"event_type":"step","event_id":"id-${step}","data":{"step":${step}}}\n`;

/** The ids of events that a command has written, a line each. */
export const idsIn = (text: string): string[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).event_id);
