// @ts-check
import { html, nothing } from "./lit-html.js";
import { number, plain, took } from "./words.js";

/** @typedef {{ name: string; count: number; failed: number; p50: number; p95: number; p99: number }} Latency */

/** @param {readonly Latency[]} latencies */
export function latencyTable(latencies) {
  return html`<div class="table"><table>
    <thead><tr><th>call</th><th>ended</th><th>failed</th><th>p50</th><th>p95</th><th>p99</th></tr></thead>
    <tbody>${latencies.map(
      ({ name, count, failed, p50, p95, p99 }) => html`<tr>
        <td>${name}</td><td>${number(count)}</td><td class=${failed > 0 ? "error" : ""}>${number(failed)}</td>
        <td>${took(p50)}</td><td>${took(p95)}</td><td>${took(p99)}</td>
      </tr>`,
    )}</tbody>
  </table>${latencies.length === 0 ? html`<p class="empty">no call has ended yet</p>` : nothing}</div>`;
}

/** @param {any} figures */
export function brokerTables(figures) {
  if (figures === undefined) return html`<p class="empty">there is no broker behind this page</p>`;
  return html`<div class="table">
    <table>
      <thead><tr><th>queue</th><th>ready</th><th>unacked</th><th>readers</th><th>in/s</th><th>out/s</th><th>acked/s</th></tr></thead>
      <tbody>${figures.queues.map(
        (/** @type {any} */ queue) => html`<tr>
          <td>${plain(queue.name)}${queue.dead ? html` <span class="tag">dead letters</span>` : nothing}</td>
          <td>${number(queue.ready)}</td><td>${number(queue.unacked)}</td>
          <td class=${queue.readers === 0 && !queue.dead ? "error" : ""}>${number(queue.readers)}</td>
          <td>${number(queue.in)}</td><td>${number(queue.out)}</td><td>${number(queue.acked)}</td>
        </tr>`,
      )}</tbody>
    </table>
    <table>
      <thead><tr><th>sink</th><th>state</th><th>bytes/s</th></tr></thead>
      <tbody>${figures.sinks.map(
        (/** @type {any} */ sink) =>
          html`<tr><td>${sink.name}</td><td>${sink.state}</td><td>${number(sink.rate)}</td></tr>`,
      )}</tbody>
    </table>
    ${figures.sinks.length === 0 && !figures.hidden ? html`<p class="empty">no sink is connected</p>` : nothing}
    ${figures.hidden ? html`<p class="empty">rates and sinks: ${figures.hidden}</p>` : nothing}
  </div>`;
}
