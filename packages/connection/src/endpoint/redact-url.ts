import { Refusal } from "@streamll/core/options";
import { isConnectionString, parseConnectionString } from "./connection-string.js";
import { parseEndpoint } from "./parse-endpoint.js";

/** A URL as errors may show it, also where it cannot be read: then at most its scheme. */
export function redactUrl(url: string): string {
  const isParts = isConnectionString(url);
  const endpoint = isParts ? parseConnectionString(url) : parseEndpoint(url);
  if (!(endpoint instanceof Refusal)) return endpoint.label;
  if (isParts) return "Endpoint=sb:…";
  const scheme = /^[a-z][a-z0-9+.-]{0,40}:/i.exec(url.trim())?.[0] ?? "";
  return scheme === "" ? "the URL" : `${scheme}…`;
}
