// @ts-check
import { html, nothing } from "./lit-html.js";
import { number, plain, took } from "./words.js";

/** Of a value's JSON, shown at once. */
const MOST_TEXT = 20_000;
/** Of `data`, in the order in which a reader asks for them; the others follow. */
const first = ["error_type", "error_message", "inputs", "outputs", "model", "usage", "finish_reason"];

/**
 * One call: what went in, what came out, and its tokens as they come.
 *
 * @param {any} call
 */
export function details(call) {
  if (call === undefined) return html`<p class="empty">select a call to see what went in and came out</p>`;
  const data = Object.assign({}, ...call.events.map((/** @type {any} */ event) => event.data ?? {}));
  const names = [...new Set([...first, ...Object.keys(data)])].filter((name) => Object.hasOwn(data, name));
  const tags = Object.entries(call.events[0]?.tags ?? {});
  return html`<article>
    <h2>${call.name}</h2>
    <p class="facts">
      ${call.failed ? html`<strong class="error">failed</strong>` : nothing}
      ${call.end === undefined ? html`<strong class="open">open</strong>` : html`<span>${took(call.end - call.at)}</span>`}
      ${call.tokens > 0 ? html`<span>${number(call.tokens)} tokens</span>` : nothing}
      <span>${new Date(call.at).toISOString()}</span>
      <code>${plain(call.id)}</code>
      ${tags.map(([name, value]) => html`<span class="tag">${plain(`${name}: ${value}`)}</span>`)}
    </p>
    ${call.text === "" ? nothing : html`<h3>tokens</h3><pre class="tokens">${plain(call.text)}</pre>`}
    ${names.map((name) => field(name, data[name]))}
  </article>`;
}

/** @param {string} name @param {unknown} value */
function field(name, value) {
  const text = textOf(value);
  const shown =
    text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}… (${number(text.length)} characters)` : text;
  const isError = name.startsWith("error");
  return html`<h3>${plain(name)}</h3><pre class=${isError ? "error" : ""}>${plain(shown)}</pre>`;
}

/** @param {unknown} value */
function textOf(value) {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value, null, 2) ?? "";
  } catch {
    return "nested too deeply to be shown";
  }
}
