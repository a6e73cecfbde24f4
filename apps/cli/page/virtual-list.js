// @ts-check
import { html, nothing } from "./lit-html.js";

/** Of a row, as in rows.css. */
const ROW = 28;
/** Rendered above and below what is seen. */
const MARGIN = 12;

/**
 * A list of which only the rows that are seen exist, so that 30,000 scroll as 30 do. The row of `selected` is brought
 * into view by `reveal`.
 */
export class VirtualList {
  /** @param {{ label: string; changed(): void; key(event: KeyboardEvent): void }} setup */
  constructor(setup) {
    this.setup = setup;
    this.top = 0;
    this.height = 600;
    /** @type {HTMLElement | undefined} */
    this.element = undefined;
    this.observer = new ResizeObserver(([entry]) => {
      const height = entry?.contentRect.height ?? 0;
      if (height === this.height) return;
      this.height = height;
      this.setup.changed();
    });
  }

  /**
   * @param {number} count
   * @param {(index: number) => unknown} row
   * @param {string} [empty] said where there is no row.
   */
  render(count, row, empty = `${this.setup.label}: none yet`) {
    const first = Math.max(0, Math.min(Math.floor(this.top / ROW), count) - MARGIN);
    const last = Math.min(count, Math.ceil((this.top + this.height) / ROW) + MARGIN);
    const rows = [];
    for (let index = first; index < last; index++) rows.push(row(index));
    return html`<div
      class="scroller"
      role="listbox"
      aria-label=${this.setup.label}
      tabindex="0"
      @scroll=${this.#scrolled}
      @keydown=${this.setup.key}
    >
      <div class="all" .style=${`height:${count * ROW}px`}>
        <div class="seen" .style=${`margin-top:${first * ROW}px`}>${rows}</div>
      </div>
      ${count === 0 ? html`<p class="empty">${empty}</p>` : nothing}
    </div>`;
  }

  /** @param {HTMLElement | null} element what `render` made; called after each rendering. */
  attach(element) {
    if (element === null || element === this.element) return;
    if (this.element) this.observer.unobserve(this.element);
    this.element = element;
    this.observer.observe(element);
  }

  /** @param {number} index */
  reveal(index) {
    const { element } = this;
    if (element === undefined || index < 0) return;
    const top = index * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = top + ROW - element.clientHeight;
  }

  #scrolled = (/** @type {Event} */ { currentTarget }) => {
    const { scrollTop } = /** @type {HTMLElement} */ (currentTarget);
    if (scrollTop === this.top) return;
    this.top = scrollTop;
    this.setup.changed();
  };
}

/**
 * Where a key moves the selection to; `undefined` for keys that do not.
 *
 * @param {string} key
 * @param {number} index
 * @param {number} count
 */
export function moved(key, index, count) {
  const page = 20;
  const to = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || count === 0 ? undefined : Math.max(0, Math.min(count - 1, to));
}
