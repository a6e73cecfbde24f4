// @ts-check
import { html, nothing } from "./lit-html.js";
import { counted, number, plain } from "./words.js";

/**
 * One dead letter: why and where it failed, and what is in it once that is asked for.
 *
 * @param {import("./dead-letters.js").List | undefined} found
 * @param {import("./dead-letters.js").Letter | undefined} letter
 * @param {{ data?: string; bytes?: number; headers: string } | undefined} data
 * @param {{ show(): void; replay: (() => void) | undefined; isBusy: boolean }} actions
 */
export function letterDetails(found, letter, data, { show, replay, isBusy }) {
  if (found === undefined || letter === undefined)
    return html`<p class="empty">select a dead letter to see why it failed</p>`;
  const { id, code, type, module, reason, target, queue, failedAt, attempts, replayed, deliveries, bytes } =
    letter;
  return html`<article>
    <h2>${found.codes[code] ?? "no code"}</h2>
    <p class="facts">
      <span>${found.types[type] ?? "no type"}${module < 0 ? "" : ` of ${found.modules[module]}`}</span>
      ${failedAt === undefined ? nothing : html`<span>${new Date(failedAt).toISOString()}</span>`}
      ${attempts === undefined ? nothing : html`<span>${counted(attempts, "attempt")}</span>`}
      ${replayed === 0 ? nothing : html`<span>replayed ${counted(replayed, "time")}</span>`}
      ${deliveries === undefined ? nothing : html`<span>delivered ${counted(deliveries, "time")} before</span>`}
      <span>${counted(bytes, "byte")}</span>
      ${id === undefined ? nothing : html`<code>${id}</code>`}
    </p>
    <h3>reason</h3><pre class="error">${reason}</pre>
    ${target ? html`<h3>meant for</h3><pre>${target[0] === "" ? "(default exchange)" : target[0]} ${target[1]}</pre>` : nothing}
    ${queue === undefined ? nothing : html`<h3>queue</h3><pre>${queue}</pre>`}
    ${
      id === undefined
        ? html`<p class="empty">It has no message-id, by which it could be fetched: streamll dlq show prints it.</p>`
        : html`<p class="desk-line">
      ${data ? nothing : html`<button class="action" ?disabled=${isBusy} @click=${show}>show its data</button>`}
      ${replay ? html`<button class="action" ?disabled=${isBusy} @click=${replay}>replay this one…</button>` : nothing}
    </p>`
    }
    ${data ? html`<h3>data</h3><pre>${data.data === undefined ? `${number(data.bytes)} bytes, no event` : pretty(data.data)}</pre><h3>headers</h3><pre>${pretty(data.headers)}</pre>` : nothing}
  </article>`;
}

/** @param {string} json */
function pretty(json) {
  try {
    return plain(JSON.stringify(JSON.parse(json), null, 2));
  } catch {
    return plain(json);
  }
}
