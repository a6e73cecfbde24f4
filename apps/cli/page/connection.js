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

/**
 * Asks for something to be done, and gives the answer; one without `error` says that it is done, or begun.
 *
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
export async function post(path, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(
    () => undefined,
  );
  if (response === undefined) return { error: "the command does not answer" };
  return response.json().catch(() => ({ error: `the command answered ${response.status}` }));
}
