/** Replaces what is left out, and follows what is cut. */
export const truncated = "[Truncated]";

/** Cuts the text to `maxBytes` of JSON, with a marker where it was cut. */
export function truncateText(
  text: string,
  maxBytes: number,
): { readonly kept: string; readonly bytes: number } {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const size = sizeAt(text, at);
    if (bytes + size > maxBytes) {
      // A copy by way of bytes: a slice would keep the whole text in memory.
      const start = Buffer.from(text.slice(0, at)).toString();
      return { kept: `${start}…${truncated}`, bytes: Math.max(0, maxBytes) };
    }
    bytes += size;
    if (size === 4) at++;
  }
  return { kept: text, bytes };
}

/** How many bytes of JSON the character at this place takes. */
function sizeAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0x80) {
    if (code >= 0x20) return code === 0x22 || code === 0x5c ? 2 : 1;
    return code === 0x0a || code === 0x09 || code === 0x0d || code === 0x08 || code === 0x0c ? 2 : 6;
  }
  if (code < 0x800) return 2;
  return (text.codePointAt(at) as number) > 0xffff ? 4 : 3;
}
