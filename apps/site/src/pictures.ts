/**
 * On GitHub, `<picture>` shows the picture for the reader's colour scheme. A reader of the site can also choose one, so
 * that style.css shows one of two images.
 */
export function inBothColours(markdown: string): string {
  return markdown.replaceAll(
    /<picture>\s*<source [^>]*srcset="([^"]+)"[^>]*>\s*<img ([^>]*?)src="([^"]+)"([^>]*)>\s*<\/picture>/g,
    (_, dark, before, light, after) =>
      `<img class="light-only" ${before}src="${light}"${after}>\n<img class="dark-only" ${before}src="${dark}"${after}>`,
  );
}
