export interface RequestExtras {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A request to the broker's HTTP API at `managementUrl`. Gives the answer, where there is one. */
export async function manage(
  managementUrl: string,
  method: string,
  path: string,
  body?: unknown,
  { headers, signal }: RequestExtras = {},
): Promise<unknown> {
  const { username, password, origin } = new URL(managementUrl);
  const login = [username, password].map(decodeURIComponent).join(":");
  const response = await fetch(`${origin}/api/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(login).toString("base64")}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}
