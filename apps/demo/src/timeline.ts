import type { StreamllEvent } from "@streamll/core";

/** Draws when something was, from the first event to the last. */
export interface Timeline {
  /** What its ends stand for. */
  readonly scale: string;
  /** From one event to another; up to the last where there is no other. */
  bar(from: StreamllEvent, to: StreamllEvent | undefined): string;
  marks(events: readonly StreamllEvent[]): string;
}

export function timelineOf(events: readonly StreamllEvent[], width: number): Timeline {
  const at = ({ timestamp }: StreamllEvent) => Date.parse(timestamp);
  const times = events.map(at);
  const began = Math.min(...times);
  const lasted = Math.max(...times) - began + 1;
  const column = (event: StreamllEvent) => Math.floor(((at(event) - began) / lasted) * width);
  const draw = (mark: string, isThere: (column: number) => boolean) =>
    Array.from({ length: width }, (_, index) => (isThere(index) ? mark : " ")).join("");

  const end = `${lasted} ms`;
  return {
    scale: `0${end.padStart(width - 1)}`,
    bar(from, to) {
      const [first, last] = [column(from), to === undefined ? width : column(to)];
      return draw("━", (index) => index >= first && index <= last);
    },
    marks(events) {
      const columns = new Set(events.map(column));
      return draw("•", (index) => columns.has(index));
    },
  };
}
