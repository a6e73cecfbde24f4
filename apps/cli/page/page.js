// @ts-check
import { ask, follow } from "./connection.js";
import { DeadLetters } from "./dead-letters.js";
import { details } from "./details.js";
import { Executions } from "./executions.js";
import { html, nothing, render } from "./lit-html.js";
import { brokerTables, latencyTable } from "./tables.js";
import { Tree } from "./tree.js";
import { number, plain, took } from "./words.js";

/** @typedef {"executions" | "latency" | "broker" | "dead letters"} View */

let view = /** @type {View} */ ("executions");
let filter = "";
let isServed = true;
/** @type {any} */
let head = { name: "", state: "connecting", gaps: [] };
/** @type {readonly import("./tables.js").Latency[]} */
let latencies = [];
/** @type {EventSource | undefined} */
let live;
/** @type {EventSource | undefined} */
let opened;
/** Of the execution that is open. */
let note = "";
/** @type {any} */
let call;

const executions = new Executions({ changed: draw, opened: open });
const tree = new Tree({ changed: draw, selected: select, left: () => focus(".executions .scroller") });
const deadLetters = new DeadLetters({ changed: draw, focus });

function followAll() {
  live?.close();
  executions.clear();
  let isNew = true;
  live = follow(
    "live",
    { filter, show: executions.show },
    {
      opened() {
        isNew = true;
        isServed = true;
      },
      message(news) {
        if (isNew) executions.clear();
        isNew = false;
        head = news.head;
        if (news.rows) executions.add(news.rows);
        if (news.latencies) latencies = news.latencies;
        if (news.deadLetters) deadLetters.take(news.deadLetters);
        draw();
      },
      lost() {
        isServed = false;
        draw();
      },
    },
  );
}

/** @param {string} id */
function open(id) {
  opened?.close();
  tree.clear();
  call = undefined;
  note = "";
  view = "executions";
  opened = follow(
    "execution",
    { id },
    {
      opened() {
        tree.clear();
      },
      message(news) {
        if (news.forgotten) note = "No longer in memory: newer executions took its room.";
        else {
          tree.add(news.calls);
          note = news.cut > 0 ? `${number(news.cut)} more events found no room in memory.` : "";
          const changed = news.calls.find((/** @type {any} */ one) => one.id === tree.selected);
          if (changed) void load(changed.id);
          else if (call === undefined && tree.lines[0]) tree.select(0);
        }
        draw();
      },
      lost() {
        note = "No longer in memory, or the command has ended.";
        draw();
      },
    },
  );
  draw();
}

/** @param {{ id: string } | undefined} chosen */
function select(chosen) {
  draw();
  if (chosen) void load(chosen.id);
}

/** @param {string} id */
async function load(id) {
  const found = await ask("call", { execution: executions.selected, call: id });
  if (found === undefined || tree.selected !== id) return;
  call = found;
  draw();
}

/** @param {"all" | "errors" | "open"} show */
function narrow(show) {
  view = "executions";
  executions.show = show;
  followAll();
  draw();
}

/**
 * Once what is drawn next is there.
 *
 * @param {string} selector
 */
function focus(selector) {
  draw();
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus());
}

let isDue = false;
/** At most once a frame, whatever comes. */
function draw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    render(page(), document.body);
    executions.list.attach(document.querySelector(".executions .scroller"));
    tree.list.attach(document.querySelector(".tree .scroller"));
    deadLetters.list.attach(document.querySelector(".letters .scroller"));
  });
}

/** @type {Record<View, () => unknown>} */
const views = {
  executions: main,
  latency: () => latencyTable(latencies),
  broker: () => brokerTables(head.figures),
  "dead letters": () => deadLetters.render(head.deadLetters),
};

function page() {
  return html`
    ${top()}
    ${views[view]()}
  `;
}

function top() {
  const { name, state, rate, kept, gaps, figures, forgotten } = head;
  const shown = isServed ? state : "ended";
  const words = {
    live: "live",
    read: "all is read",
    lost: "connection lost",
    connecting: "connecting",
    waiting: "waiting for the exchange, which the first sink declares",
    ended: "the command has ended",
  };
  const queues = figures?.queues ?? [];
  const sum = (/** @type {string} */ key) =>
    queues.some((/** @type {any} */ queue) => queue[key] !== undefined)
      ? queues.reduce(
          (/** @type {number} */ all, /** @type {any} */ queue) => all + (queue.dead ? 0 : (queue[key] ?? 0)),
          0,
        )
      : undefined;
  return html`<header>
    <h1>streamll</h1>
    <span class=${`state ${shown}`} role="status">${words[/** @type {keyof words} */ (shown)]}</span>
    <strong class="source">${plain(name)}</strong>
    <span class="figures">
      ${state === "read" ? nothing : html`<span><b>${number(rate)}</b>/s</span>`}
      ${figures ? html`<span>depth <b>${number(sum("ready"))}</b></span><span>readers <b>${number(sum("readers"))}</b></span><span>unacked <b>${number(sum("unacked"))}</b></span>` : nothing}
      <span title=${`${number(forgotten)} executions have made room`}>events <b>${number(kept)}</b></span>
      ${gaps.length > 0 ? html`<span class="gaps" title=${gaps.map((/** @type {any} */ gap) => `${new Date(gap.from).toISOString()}: ${gap.reason}`).join("\n")}>gaps <b>${gaps.length}</b></span>` : nothing}
    </span>
    <nav aria-label="views">
      ${tab("executions", view === "executions" && executions.show === "all", () => narrow("all"))}
      ${tab("errors", view === "executions" && executions.show === "errors", () => narrow("errors"))}
      ${tab("open", view === "executions" && executions.show === "open", () => narrow("open"))}
      ${tab("latency", view === "latency", () => show("latency"))}
      ${tab("broker", view === "broker", () => show("broker"))}
      ${head.deadLetters ? tab(`dead letters${waitingDead()}`, view === "dead letters", () => show("dead letters")) : nothing}
      ${
        view === "executions"
          ? html`<input
              type="search"
              placeholder="filter by name or id  ( / )"
              aria-label="filter by name or id"
              .value=${filter}
              @input=${filtered}
            />`
          : nothing
      }
    </nav>
  </header>`;
}

/** How many wait, where that is known. */
function waitingDead() {
  const { queue } = head.deadLetters;
  const found = head.figures?.queues.find((/** @type {any} */ one) => one.name === queue)?.ready;
  return found === undefined ? "" : ` ${number(found)}`;
}

/** @param {View} other */
function show(other) {
  view = other;
  draw();
}

/** @param {string} name @param {boolean} isOn @param {() => void} choose */
const tab = (name, isOn, choose) =>
  html`<button class="tab" aria-pressed=${isOn} @click=${choose}>${name}</button>`;

/** @type {number | undefined} */
let waiting;
function filtered(/** @type {Event} */ { target }) {
  filter = /** @type {HTMLInputElement} */ (target).value.trim();
  clearTimeout(waiting);
  waiting = setTimeout(followAll, 200);
}

function main() {
  return html`<main class=${executions.selected === "" ? "" : "opened"}>
    <section class="executions">${executions.render(head.gaps, whyEmpty())}</section>
    <section class="tree">
      <div class="bar-head">
        <button class="back" @click=${close}>‹ executions</button>
        <span class="id">${plain(executions.selected)}</span>
        <span>${tree.lines.length ? `${number(tree.calls.size)} ${tree.calls.size === 1 ? "call" : "calls"}, ${took(tree.to - tree.from)}` : ""}</span>
        <span class="note">${note}</span>
      </div>
      ${executions.selected === "" ? html`<p class="empty">select an execution</p>` : tree.render()}
    </section>
    <section class="details" tabindex="0" aria-label="details of the call">${details(call)}</section>
  </main>`;
}

/** Why the list of executions has none, and what to do. */
function whyEmpty() {
  if (!isServed) return "";
  if (filter !== "") return "No execution matches the filter.";
  if (executions.show === "errors") return "No execution has failed.";
  if (executions.show === "open") return "No execution is open.";
  return {
    live: "Nothing has arrived yet. The page shows what arrives from now on: run your program, or run it again.",
    waiting: `There is no exchange ${plain(head.name)} yet: the first sink that connects declares it. Run your program, and once more when the page is live.`,
    lost: "Nothing has arrived yet.",
    read: "It holds no events.",
    connecting: "",
  }[/** @type {string} */ (head.state)];
}

function close() {
  opened?.close();
  executions.selected = "";
  tree.clear();
  call = undefined;
  draw();
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    document.querySelector("input")?.focus();
  } else if (event.key === "Escape" && isTyping) focus(".executions .scroller");
  else if (
    event.key === "Enter" &&
    event.target instanceof HTMLElement &&
    event.target.closest(".executions")
  )
    focus(".tree .scroller");
});

followAll();
draw();
