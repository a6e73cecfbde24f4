import type { StreamllEvent } from "@streamll/core";
import type { Failure } from "./failure.js";
import { fits, type Letter, mostOf, type ReadSelection } from "./selection.js";
import { type Looked, type Place, walk } from "./walk.js";

/** A dead letter in a list: all but its headers and its data. */
export interface ListedLetter extends Omit<Failure, "deaths"> {
  readonly id: string | undefined;
  /** The event type. */
  readonly type: string | undefined;
  readonly module: string | undefined;
  /** Deaths that the broker counts. */
  readonly deaths: number;
  /** How often it was delivered from this queue before, where that is counted: looks count too, up to RabbitMQ 4.2. */
  readonly deliveries: number | undefined;
  /** Of the body. */
  readonly bytes: number;
}

/** A dead letter with all that is in it. */
export interface ShownLetter extends ListedLetter {
  /** `undefined` where it is no event. */
  readonly event: StreamllEvent | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Letters of one code and event type. */
export interface LetterGroup {
  readonly code: string;
  readonly type: string | undefined;
  readonly count: number;
  readonly oldest: Date | undefined;
  readonly newest: Date | undefined;
}

/** What a look found, the oldest first. */
export interface DeadLetterList extends Looked {
  /** How many fit the selection. */
  readonly matched: number;
  /** The most frequent first. */
  readonly groups: readonly LetterGroup[];
  readonly letters: readonly ListedLetter[];
}

/** What {@link DeadLetterList} has, with whole letters. */
export interface DeadLettersShown extends Looked {
  readonly letters: readonly ShownLetter[];
}

export interface ListRequest {
  readonly selection: ReadSelection;
  readonly window: number;
  readonly signal: AbortSignal;
}

/** Groups that are kept: codes and types come from the wire, so there is no end of them. */
const MOST_GROUPS = 1000;

/** @param keep is told of each that fits. */
export async function look(
  place: Place,
  { selection, window, signal }: ListRequest,
  keep: (letter: Letter) => void,
): Promise<Looked & { readonly matched: number }> {
  const { limit = Number.POSITIVE_INFINITY } = selection;
  let matched = 0;
  const looked = await walk(place, {
    ...{ window, signal, most: mostOf(selection) },
    async visit(letters) {
      for (const letter of letters) {
        if (matched >= limit) break;
        if (!fits(selection, letter)) continue;
        matched++;
        keep(letter);
      }
      return matched >= limit;
    },
  });
  return { ...looked, matched };
}

export function listed({ message, failure, event }: Letter): ListedLetter {
  const { deaths, ...told } = failure;
  return {
    id: message.messageId,
    type: event?.eventType ?? message.type,
    module: event?.moduleName,
    ...told,
    deaths: deaths.reduce((sum, { count }) => sum + count, 0),
    deliveries: message.earlier,
    bytes: message.body.length,
  };
}

/** Counts letters by code and event type. */
export class Groups {
  readonly #groups = new Map<string, LetterGroup>();

  add({ failure: { code }, message, event, at }: Letter): void {
    const type = event?.eventType ?? message.type;
    const isFull = this.#groups.size >= MOST_GROUPS;
    const own = JSON.stringify([code, type]);
    const [key, names] =
      isFull && !this.#groups.has(own) ? ["", { code: "…", type: undefined }] : [own, { code, type }];
    const { count, oldest, newest } = this.#groups.get(key) ?? { count: 0, oldest: at, newest: at };
    this.#groups.set(key, {
      ...names,
      count: count + 1,
      oldest: at !== undefined && !(oldest !== undefined && oldest <= at) ? at : oldest,
      newest: at !== undefined && !(newest !== undefined && newest >= at) ? at : newest,
    });
  }

  sorted(): LetterGroup[] {
    return [...this.#groups.values()].sort((one, other) => other.count - one.count);
  }
}
