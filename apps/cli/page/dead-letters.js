// @ts-check
import { post } from "./connection.js";
import { letterDetails } from "./letter.js";
import { html, nothing } from "./lit-html.js";
import { outcome, progress, question } from "./replay.js";
import { moved, VirtualList } from "./virtual-list.js";
import { age, clock, counted, number } from "./words.js";

/** @typedef {{ id?: string; code: number; type: number; module: number; reason: string; target?: [string, string]; queue?: string; failedAt?: number; attempts?: number; replayed: number; deliveries?: number; bytes: number }} Letter */
/** @typedef {{ version: number; at: number; matched: number; scanned: string; renewed: number; codes: string[]; types: string[]; modules: string[]; groups: { code: number; type: number; count: number }[]; letters: Letter[] }} List */
/** @typedef {"code" | "type" | "module"} Part */

/** By what letters are chosen, and where the list has its names. */
const parts = /** @type {const} */ ({ code: "codes", type: "types", module: "modules" });

/** The dead letters of one queue: a list, what is chosen of it, and its replay. */
export class DeadLetters {
  /** @param {{ changed(): void; focus(selector: string): void }} setup */
  constructor(setup) {
    this.setup = setup;
    /** @type {any} */
    this.state = {};
    /** @type {List | undefined} */
    this.found = undefined;
    /** @type {{ code?: number; type?: number; module?: number }} */
    this.chosen = {};
    /** @type {Letter[]} */
    this.shown = [];
    /** @type {Letter | undefined} */
    this.selected = undefined;
    /** Of the selected one, once it was asked for. @type {any} */
    this.data = undefined;
    /** What a second press would replay. @type {"chosen" | "letter" | undefined} */
    this.confirming = undefined;
    this.refused = "";
    this.rate = "";
    this.list = new VirtualList({
      label: "dead letters",
      changed: setup.changed,
      key: (event) => this.#key(event),
    });
  }

  /**
   * What the command says of them: the list where it is another one, and what goes on.
   *
   * @param {{ list?: List }} news
   */
  take({ list, ...state }) {
    this.state = state;
    if (list === undefined || (list.at === this.found?.at && list.version === this.found.version)) return;
    this.found = list;
    this.chosen = {};
    this.selected = undefined;
    this.data = undefined;
    this.confirming = undefined;
    this.#arrange();
  }

  #arrange() {
    const { found, chosen } = this;
    const wanted = Object.entries(chosen);
    const fits = (/** @type {Letter} */ letter) =>
      wanted.every(([part, place]) => letter[/** @type {Part} */ (part)] === place);
    this.shown = found?.letters.filter(fits) ?? [];
  }

  /** How many of the queue are chosen; of those that are not listed, the module is not known. */
  #count() {
    const { found, chosen, shown } = this;
    if (found === undefined) return { count: 0, isExact: true };
    const isExact = chosen.module === undefined || found.letters.length === found.matched;
    if (chosen.module !== undefined) return { count: shown.length, isExact };
    const fits = (/** @type {any} */ group) =>
      (chosen.code ?? group.code) === group.code && (chosen.type ?? group.type) === group.type;
    return { count: found.groups.filter(fits).reduce((sum, { count }) => sum + count, 0), isExact };
  }

  /** @param {{ queue: string; mayReplay: boolean }} about */
  render({ queue, mayReplay }) {
    const { found, state, shown, selected, data } = this;
    return html`<main class="letters">
      <div class="desk">${this.#bar(queue, mayReplay)} ${this.#news()}</div>
      <section class="letter-list" aria-busy=${state.task !== undefined}>
        <div class="row letter head" aria-hidden="true">
          <span class="figure">failed</span><span class="code">code</span><span class="type">type</span>
          <span class="name">module</span><span class="figure">attempts</span><span class="figure">replayed</span>
        </div>
        ${
          found === undefined
            ? html`<p class="empty">
                Nothing is read from this queue until you look. A look takes each letter for a moment and puts it back.
              </p>`
            : shown.length === 0
              ? html`<p class="empty">no dead letters</p>`
              : this.list.render(shown.length, (index) => this.#row(index))
        }
      </section>
      <section class="details" tabindex="0" aria-label="details of the letter">
        ${letterDetails(found, selected, data, {
          show: () => void this.#show(),
          replay: mayReplay ? () => this.#confirm("letter") : undefined,
          isBusy: state.task !== undefined,
        })}
      </section>
    </main>`;
  }

  /** @param {string} queue @param {boolean} mayReplay */
  #bar(queue, mayReplay) {
    const { found, state, confirming } = this;
    const isBusy = state.task !== undefined;
    const { count, isExact } = this.#count();
    return html`<div class="desk-line">
      <strong class="queue">${queue}</strong>
      <button class="action look" ?disabled=${isBusy} @click=${() => void this.#ask("look", {})}>
        ${found === undefined ? "look" : "look again"}
      </button>
      ${found === undefined ? nothing : Object.keys(parts).map((part) => this.#choice(/** @type {Part} */ (part), found))}
      ${
        mayReplay && count > 0 && confirming === undefined
          ? html`<button class="action" ?disabled=${isBusy} @click=${() => this.#confirm("chosen")}>
              replay ${isExact ? "" : "at least "}${number(count)}…
            </button>`
          : nothing
      }
    </div>
    ${confirming === undefined ? nothing : this.#question(confirming === "letter" ? "this dead letter" : isExact ? counted(count, "dead letter") : "all that fit")}`;
  }

  /** @param {string} what */
  #question(what) {
    return question({
      what,
      rate: this.rate,
      typed: (rate) => {
        this.rate = rate;
      },
      sure: () => this.#replay(),
      cancel: () => {
        this.confirming = undefined;
        this.setup.focus(".letters .action");
      },
    });
  }

  /** @param {Part} part @param {List} found */
  #choice(part, found) {
    const names = found[parts[part]];
    const choose = (/** @type {Event} */ { target }) => {
      const { value } = /** @type {HTMLSelectElement} */ (target);
      if (value === "") delete this.chosen[part];
      else this.chosen[part] = Number(value);
      this.confirming = undefined;
      this.#select(undefined);
      this.#arrange();
      this.setup.changed();
    };
    return html`<label>${part}
      <select aria-label=${part} @change=${choose}>
        <option value="" .selected=${this.chosen[part] === undefined}>all</option>
        ${names.map((name, place) => html`<option value=${place} .selected=${this.chosen[part] === place}>${name}</option>`)}
      </select>
    </label>`;
  }

  /** What goes on, what came of it, or what is wrong. */
  #news() {
    const { state, found, refused } = this;
    const { task, problem, report } = state;
    return html`
      <div class="desk-line" role="status">
        ${task === undefined ? nothing : progress(task)}
        ${task === undefined ? nothing : html`<button class="action" @click=${() => void this.#ask("stop", {})}>stop</button>`}
        ${task === undefined && found ? html`<span class="quiet">${clock(found.at)}: ${counted(found.matched, "dead letter")}, ${found.scanned}${found.letters.length < found.matched ? `; the first ${number(found.letters.length)} are listed` : ""}</span>` : nothing}
        ${task === undefined && found && found.renewed > 0 ? html`<span class="warning">${counted(found.renewed, "letter")} had been looked at so often that the broker would soon drop them: they are at the end of the queue now</span>` : nothing}
        ${refused ? html`<span class="error">${refused}</span>` : nothing}
        ${problem ? html`<span class="error">${problem}</span>` : nothing}
      </div>
      ${report ? outcome(report) : nothing}
    `;
  }

  /** @param {number} index */
  #row(index) {
    const letter = this.shown[index];
    const { found } = this;
    if (letter === undefined || found === undefined) return nothing;
    const { code, type, module, failedAt, attempts, replayed } = letter;
    return html`<div
      class="row letter"
      role="option"
      aria-selected=${letter === this.selected}
      title=${letter.reason}
      @click=${() => this.#select(letter)}
    >
      <span class="figure">${age(failedAt)}</span>
      <span class="code">${found.codes[code] ?? "–"}</span>
      <span class="type">${found.types[type] ?? "–"}</span>
      <span class="name">${found.modules[module] ?? "–"}</span>
      <span class="figure">${number(attempts)}</span>
      <span class="figure">${replayed === 0 ? "" : number(replayed)}</span>
    </div>`;
  }

  /** @param {Letter | undefined} letter */
  #select(letter) {
    if (letter !== this.selected) this.data = undefined;
    if (this.confirming === "letter") this.confirming = undefined;
    this.selected = letter;
    this.setup.changed();
  }

  /** @param {"chosen" | "letter"} what */
  #confirm(what) {
    this.confirming = what;
    this.setup.focus(".confirm .sure");
  }

  /** Of the selected letter. */
  get #place() {
    return this.selected && this.found?.letters.indexOf(this.selected);
  }

  async #show() {
    const { selected } = this;
    const answer = await this.#ask("show", { list: this.found?.version, letter: this.#place });
    if (answer.error !== undefined || this.selected !== selected) return;
    this.data = answer;
    this.setup.changed();
  }

  #replay() {
    const chosen = this.confirming === "letter" ? { letter: this.#place } : this.chosen;
    const rate = this.rate === "" ? undefined : Number(this.rate);
    this.confirming = undefined;
    void this.#ask("replay", { list: this.found?.version, rate, ...chosen });
  }

  /** @param {string} path @param {object} body */
  async #ask(path, body) {
    const answer = await post(path, body);
    this.refused = answer.error ?? "";
    this.setup.changed();
    return answer;
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const { shown, selected } = this;
    if (event.key === "Enter" && selected) return this.setup.focus(".letters .details .action");
    const to = moved(event.key, selected ? shown.indexOf(selected) : -1, shown.length);
    if (to === undefined) return;
    event.preventDefault();
    this.#select(shown[to]);
    this.list.reveal(to);
  }
}
