// @ts-check
import { html, nothing } from "./lit-html.js";
import { number } from "./words.js";

/**
 * Asks before letters are sent.
 *
 * @param {{ what: string; rate: string; typed(rate: string): void; sure(): void; cancel(): void }} asked
 */
export function question({ what, rate, typed, sure, cancel }) {
  return html`<form
    class="desk-line confirm"
    aria-label="replay"
    @submit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      sure();
    }}
    @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && cancel()}
  >
    <span>Replay ${what}? Each goes to where it was meant for, and leaves this queue.</span>
    <label>at most a second
      <input
        type="number" min="1" max="1000000" step="1" placeholder="no limit"
        .value=${rate}
        @input=${(/** @type {Event} */ { target }) => typed(/** @type {HTMLInputElement} */ (target).value)}
      />
    </label>
    <button class="action sure" type="submit">replay</button>
    <button class="action" type="button" @click=${cancel}>cancel</button>
  </form>`;
}

const words = { look: "looking at the queue", show: "fetching the letter", replay: "replaying" };

/** @param {{ name: keyof typeof words; scanned?: number; total?: number; replayed?: number }} task */
export function progress({ name, scanned, total, replayed }) {
  return html`<span>${words[name]}…</span>
    ${name === "replay" ? html`<progress aria-label="replayed" max=${total ?? nothing} value=${total === undefined ? nothing : (scanned ?? 0)}></progress>` : nothing}
    ${replayed === undefined ? nothing : html`<span>${number(replayed)} replayed</span>`}`;
}

/** @param {{ summary: string; complete: boolean; problems: { code: string; count: number; message: string }[]; doubtful: string[] }} report */
export function outcome({ summary, complete, problems, doubtful }) {
  return html`<div class=${`outcome ${complete ? "ok" : "error"}`}>
    <p>${summary}</p>
    ${problems.map(({ code, count, message }) => html`<p>${number(count)} not replayed: ${code}: ${message}</p>`)}
    ${doubtful.length === 0 ? nothing : html`<p>in doubt, may be there twice: ${doubtful.join(", ")}</p>`}
  </div>`;
}
