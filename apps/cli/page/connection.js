// @ts-check

/**
 * Server-sent events of a path, parsed. The browser connects again by itself, and then gets everything anew.
 *
 * @param {string} path
 * @param {Record<string, string>} query
 * @param {{ message(news: any): void; opened(): void; lost(): void }} on
 */
export function follow(path, query, on) {
  const source = new EventSource(`${path}?${new URLSearchParams(query)}`);
  source.onopen = () => on.opened();
  source.onmessage = ({ data }) => on.message(JSON.parse(data));
  source.onerror = () => on.lost();
  return source;
}

/**
 * One answer; `undefined` where there is none any more.
 *
 * @param {string} path
 * @param {Record<string, string>} query
 */
export async function ask(path, query) {
  const response = await fetch(`${path}?${new URLSearchParams(query)}`).catch(() => undefined);
  return response?.ok ? response.json() : undefined;
}
