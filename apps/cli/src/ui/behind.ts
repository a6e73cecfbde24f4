import type { PageFile } from "../page-files.js";
import type { Desk } from "./dead-letters/desk.js";
import { actionsOf, followDesk } from "./dead-letters/desk-actions.js";
import type { Behind } from "./server.js";
import type { Source } from "./source.js";
import type { Store } from "./store.js";
import { callsSince, detailsOf, rowsSince, type Show } from "./view.js";

const RATE_MS = 1000;

/** What the page is about. */
export interface Shown {
  readonly store: Store;
  readonly source: Source;
  /** Where dead letters are named. */
  readonly desk: Desk | undefined;
}

/** What the page can ask for. */
export function behindOf(behind: Shown, files: ReadonlyMap<string, PageFile>): Behind {
  const { store, desk } = behind;
  const rate = rateOf(store);
  return {
    files,
    streams: {
      live: (query) => followAll(behind, rate, query),
      execution: (query) => followOne(store, query.get("id") ?? ""),
    },
    actions: desk ? actionsOf(desk) : {},
    answers: {
      call(query) {
        const call = store.executions.get(query.get("execution") ?? "")?.calls.get(query.get("call") ?? "");
        return call === undefined ? undefined : detailsOf(call);
      },
    },
  };
}

/** Events a second. */
function rateOf(store: Store): () => number {
  let [at, received, rate] = [performance.now(), store.received, 0];
  return () => {
    const passed = performance.now() - at;
    if (passed < RATE_MS) return rate;
    rate = Math.round(((store.received - received) * 1000) / passed);
    [at, received] = [performance.now(), store.received];
    return rate;
  };
}

/** The head of the page, the executions that changed, and what is known of dead letters. */
function followAll({ store, source, desk }: Shown, rate: () => number, query: URLSearchParams) {
  const filter = query.get("filter") ?? "";
  const show = (query.get("show") ?? "all") as Show;
  const lettersSince = desk === undefined ? () => undefined : followDesk(desk);
  let [version, told] = [0, ""];
  return () => {
    const head = {
      name: source.name,
      state: source.state,
      rate: rate(),
      received: store.received,
      kept: store.events,
      executions: store.executions.size,
      forgotten: store.forgotten,
      foreign: source.foreign,
      gaps: store.gaps,
      figures: source.figures,
      deadLetters: desk?.about,
    };
    const rows = rowsSince(store, version, filter, show);
    const isNews = rows.length > 0 || version === 0;
    const deadLetters = lettersSince();
    const text = JSON.stringify(head);
    if (!isNews && deadLetters === undefined && text === told) return undefined;
    [version, told] = [store.version, text];
    return { head, deadLetters, ...(isNews && { rows, latencies: store.latencies.read() }) };
  };
}

/** One execution: its calls, as they change. */
function followOne(store: Store, id: string) {
  if (!store.executions.has(id)) return undefined;
  let version = -1;
  return () => {
    const execution = store.executions.get(id);
    if (execution === undefined) {
      if (version === Number.POSITIVE_INFINITY) return undefined;
      version = Number.POSITIVE_INFINITY;
      return { forgotten: true };
    }
    const { calls, version: reached } = callsSince(execution, version);
    if (calls.length === 0) return undefined;
    version = reached;
    return { calls, cut: execution.cut, total: execution.calls.size };
  };
}
