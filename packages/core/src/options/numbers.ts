export const isNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

/** No user writes a number with more characters. */
const MAX_NUMBER_LENGTH = 64;

/** Text that is a number becomes one; all else (`100ms`) is left to the kind. */
export const numberFromText = (text: string): unknown =>
  text.length <= MAX_NUMBER_LENGTH && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)
    ? Number(text)
    : text;
