// @ts-check
import { html, nothing } from "./lit-html.js";
import { moved, VirtualList } from "./virtual-list.js";
import { clock, number, plain, took } from "./words.js";

/** @typedef {{ id: string; name: string; at: number; took: number; calls: number; tokens: number; errors: number; open: number; cut: number }} Row */

/** Rows that the page keeps, whatever comes. */
const MOST_ROWS = 4000;

/** The list of executions, newest first. */
export class Executions {
  /** @param {{ changed(): void; opened(id: string): void }} setup */
  constructor(setup) {
    this.setup = setup;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** @type {"all" | "errors" | "open"} */
    this.show = "all";
    this.selected = "";
    /** @type {Row[]} */
    this.shown = [];
    this.list = new VirtualList({
      label: "executions",
      changed: setup.changed,
      key: (event) => this.#key(event),
    });
  }

  /** @param {readonly Row[]} rows */
  add(rows) {
    for (const row of rows) this.rows.set(row.id, row);
    if (this.rows.size > MOST_ROWS) {
      const newest = [...this.rows.values()].sort((a, b) => b.at - a.at).slice(0, MOST_ROWS / 2);
      this.rows = new Map(newest.map((row) => [row.id, row]));
    }
    this.arrange();
  }

  clear() {
    this.rows.clear();
    this.arrange();
  }

  arrange() {
    const fits = {
      all: () => true,
      errors: (/** @type {Row} */ row) => row.errors > 0,
      open: (/** @type {Row} */ row) => row.open > 0,
    };
    this.shown = [...this.rows.values()].filter(fits[this.show]).sort((a, b) => b.at - a.at);
  }

  /**
   * @param {readonly { from: number; to?: number; reason: string }[]} gaps
   * @param {string | undefined} empty said where there is none.
   */
  render(gaps, empty) {
    return this.list.render(this.shown.length, (index) => this.#row(index, gaps), empty);
  }

  /**
   * @param {number} index
   * @param {readonly { from: number; to?: number }[]} gaps
   */
  #row(index, gaps) {
    const row = this.shown[index];
    if (row === undefined) return nothing;
    const below = this.shown[index + 1];
    const gap = below !== undefined && gaps.some(({ from }) => from < row.at && from >= below.at);
    const state = row.errors > 0 ? "error" : row.open > 0 ? "open" : "ok";
    const mark = { error: "✗", open: "…", ok: "✓" }[state];
    return html`<div
      class=${`row execution ${state} ${gap ? "gap" : ""}`}
      role="option"
      aria-selected=${row.id === this.selected}
      title=${plain(gap ? `${row.id}: below it, events may be missing` : row.id)}
      @click=${() => this.open(row.id)}
    >
      <span class="mark" aria-label=${state}>${mark}</span>
      <span class="time">${clock(row.at)}</span>
      <span class="name">${row.name}</span>
      <span class="figure">${row.tokens > 0 ? `${number(row.tokens)} tok` : ""}</span>
      <span class="figure">${state === "open" ? "open" : took(row.took)}</span>
    </div>`;
  }

  /** @param {string} id */
  open(id) {
    this.selected = id;
    this.setup.opened(id);
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const index = this.shown.findIndex(({ id }) => id === this.selected);
    const to = moved(event.key, index, this.shown.length);
    if (to === undefined) return;
    event.preventDefault();
    this.open(/** @type {Row} */ (this.shown[to]).id);
    this.list.reveal(to);
  }
}
