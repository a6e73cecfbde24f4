const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_LIST, OPEN] = [0x5b, 0x7b];

/**
 * How many ids the answer to a publish request has: `{"messageIds":["1","2"]}`. They are counted by their quotes, as
 * parsing makes a text of each, which took a tenth of the CPU of an event. An answer of any other form is parsed.
 *
 * @throws SyntaxError for what is no such answer.
 */
export function idsIn(answer: Buffer): number {
  let quotes = 0;
  let brackets = 0;
  for (let at = 0; at < answer.length; at++) {
    const byte = answer[at]!;
    if (byte === QUOTE) quotes++;
    else if (byte === OPEN_LIST || byte === OPEN) brackets++;
    else if (byte === BACKSLASH) return parsed(answer);
  }
  const isList = brackets === 2 && /^\s*\{\s*"messageIds"\s*:\s*\[/.test(answer.toString("latin1", 0, 64));
  return isList && /\]\s*\}\s*$/.test(answer.toString("latin1", Math.max(0, answer.length - 64)))
    ? quotes / 2 - 1
    : parsed(answer);
}

function parsed(answer: Buffer): number {
  const json = JSON.parse(answer.toString()) as { messageIds?: unknown } | null;
  if (Array.isArray(json?.messageIds)) return json.messageIds.length;
  throw new SyntaxError("the answer has no messageIds");
}
