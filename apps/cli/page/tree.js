// @ts-check
import { html, nothing, svg } from "./lit-html.js";
import { moved, VirtualList } from "./virtual-list.js";
import { number, took } from "./words.js";

/** @typedef {{ id: string; parent?: string; name: string; kind: "call" | "model" | "event"; at: number; end?: number; failed: boolean; tokens: number }} Call */
/** @typedef {Call & { depth: number; inside: number }} Line */

/** Deeper calls stand at this depth. */
const MOST_DEPTH = 24;

/** The calls of one execution: a tree, and when each ran. */
export class Tree {
  /** @param {{ changed(): void; selected(call: Call | undefined): void; left(): void }} setup */
  constructor(setup) {
    this.setup = setup;
    this.list = new VirtualList({ label: "calls", changed: setup.changed, key: (event) => this.#key(event) });
    this.selected = "";
    /** @type {Map<string, Call>} */
    this.calls = new Map();
    /** @type {Set<string>} */
    this.folded = new Set();
    /** @type {Line[]} */
    this.lines = [];
    this.from = 0;
    this.to = 1;
  }

  clear() {
    this.selected = "";
    this.calls.clear();
    this.folded.clear();
    this.#arrange();
  }

  /** @param {readonly Call[]} calls */
  add(calls) {
    for (const call of calls) this.calls.set(call.id, call);
    this.#arrange();
  }

  /** Flat, in the order of the tree; a call whose parent was not seen stands at the left. */
  #arrange() {
    /** @type {Map<string, Call[]>} */
    const inside = new Map();
    const roots = [];
    let [from, to] = [Number.POSITIVE_INFINITY, 0];
    for (const call of this.calls.values()) {
      from = Math.min(from, call.at);
      to = Math.max(to, call.end ?? call.at);
      const parent = call.parent !== undefined && call.parent !== call.id && this.calls.has(call.parent);
      if (!parent) roots.push(call);
      else {
        const siblings = inside.get(/** @type {string} */ (call.parent));
        if (siblings) siblings.push(call);
        else inside.set(/** @type {string} */ (call.parent), [call]);
      }
    }
    this.from = Math.min(from, to);
    this.to = Math.max(to, this.from + 1);
    this.lines = [];
    const seen = new Set();
    const byTime = (/** @type {Call} */ a, /** @type {Call} */ b) => b.at - a.at;
    const stack = roots.sort(byTime).map((call) => ({ call, depth: 0 }));
    // Without recursion: an execution may be deeper than the stack of the browser.
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { call, depth } = next;
      if (seen.has(call.id)) continue;
      seen.add(call.id);
      const children = inside.get(call.id) ?? [];
      this.lines.push({ ...call, depth, inside: children.length });
      if (this.folded.has(call.id)) continue;
      for (const child of children.sort(byTime)) stack.push({ call: child, depth: depth + 1 });
    }
  }

  render() {
    return this.list.render(this.lines.length, (index) => this.#line(index));
  }

  #line(/** @type {number} */ index) {
    const line = this.lines[index];
    if (line === undefined) return nothing;
    const { id, name, kind, depth, inside, failed, tokens, at, end } = line;
    const state = failed ? "error" : end === undefined ? "open" : "ok";
    const fold = inside === 0 ? "" : this.folded.has(id) ? "▸" : "▾";
    return html`<div
      class=${`row line ${kind} ${state}`}
      role="option"
      aria-selected=${id === this.selected}
      aria-level=${depth + 1}
      title=${name}
      @click=${() => this.select(index)}
    >
      <span class="name" .style=${`padding-left:${Math.min(depth, MOST_DEPTH) * 14}px`}>
        <button
          class="fold"
          tabindex="-1"
          aria-label=${fold === "▸" ? "unfold" : "fold"}
          ?hidden=${inside === 0}
          @click=${(/** @type {Event} */ event) => this.#toggle(id, event)}
        >${fold}</button>${failed ? "✗ " : ""}${name}</span>
      <span class="figure tokens">${tokens > 0 ? `${number(tokens)} tok` : ""}</span>
      ${this.#bar(at, end)}
      <span class="figure">${kind === "event" ? "" : end === undefined ? "open" : took(end - at)}</span>
    </div>`;
  }

  /** @param {number} at @param {number | undefined} end */
  #bar(at, end) {
    const span = this.to - this.from;
    const x = ((at - this.from) / span) * 100;
    const width = Math.max(0.6, (((end ?? this.to) - at) / span) * 100);
    return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      ${svg`<rect x=${Math.min(99.4, x)} y="2" width=${width} height="6" rx="0.5" />`}
    </svg>`;
  }

  /** @param {number} index */
  select(index) {
    const line = this.lines[index];
    this.selected = line?.id ?? "";
    this.setup.selected(line);
  }

  /** @param {string} id @param {Event} [event] */
  #toggle(id, event) {
    event?.stopPropagation();
    if (!this.folded.delete(id)) this.folded.add(id);
    this.#arrange();
    this.setup.changed();
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const lines = this.lines;
    const index = lines.findIndex(({ id }) => id === this.selected);
    const to = moved(event.key, index, lines.length);
    if (to !== undefined) {
      event.preventDefault();
      this.select(to);
      this.list.reveal(to);
    } else if (event.key === "Escape") this.setup.left();
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const line = lines[index];
      const isFolded = this.folded.has(this.selected);
      if (line !== undefined && line.inside > 0 && isFolded === (event.key === "ArrowRight"))
        this.#toggle(line.id);
    }
  }
}
