import type { DeadLetterList, ListedLetter, Selection } from "@streamll/consumer";
import { scannedText } from "../../dlq/text.js";
import { short } from "../short.js";

/** Of a reason, which is for people. */
const MOST_REASON = 1000;

/** What is chosen on the page, by the places in the lists that it has. */
export interface Chosen {
  readonly code?: number | undefined;
  readonly type?: number | undefined;
  readonly module?: number | undefined;
  /** One letter. */
  readonly letter?: number | undefined;
}

/**
 * What a look found, as the page has it. Names come from the wire and are cut there: so the page names them by their places,
 * and a selection has them whole.
 */
export class Catalogue {
  readonly list: DeadLetterList;
  readonly #at = Date.now();
  readonly #version: number;
  readonly #codes: readonly string[];
  readonly #types: readonly string[];
  readonly #modules: readonly string[];

  /** @param version that no other has. */
  constructor(list: DeadLetterList, version: number) {
    const { groups, letters } = list;
    this.list = list;
    this.#version = version;
    this.#codes = named(groups.map(({ code }) => code));
    this.#types = named(groups.map(({ type }) => type));
    this.#modules = named(letters.map(({ module }) => module));
  }

  /** For the page. */
  shown() {
    const { list } = this;
    return {
      version: this.#version,
      at: this.#at,
      matched: list.matched,
      scanned: scannedText(list),
      renewed: list.renewed,
      codes: this.#codes.map((name) => short(name)),
      types: this.#types.map((name) => short(name)),
      modules: this.#modules.map((name) => short(name)),
      groups: list.groups.map(({ code, type, count }) => ({
        code: this.#codes.indexOf(code),
        type: this.#types.indexOf(type ?? ""),
        count,
      })),
      letters: list.letters.map((letter) => this.#shownLetter(letter)),
    };
  }

  /** What the page has chosen of the list with that version. `undefined`: it is not of this list, or no such thing. */
  selectionOf(version: unknown, { code, type, module, letter }: Chosen): Selection | undefined {
    if (version !== this.#version) return undefined;
    const id = letter === undefined ? undefined : this.list.letters[letter]?.id;
    if (letter !== undefined && id === undefined) return undefined;
    const selection = {
      ...(code !== undefined && { code: this.#codes[code] }),
      ...(type !== undefined && { type: this.#types[type] }),
      ...(module !== undefined && { module: this.#modules[module] }),
      ...(id !== undefined && { id }),
    };
    return Object.values(selection).some((value) => value === undefined) ? undefined : selection;
  }

  #shownLetter(letter: ListedLetter) {
    const { id, code, type, module, reason, exchange, routingKey, queue, failedAt, ...figures } = letter;
    const { attempts, replayed, deliveries, bytes } = figures;
    return {
      id: id === undefined ? undefined : short(id),
      code: this.#codes.indexOf(code),
      type: this.#types.indexOf(type ?? ""),
      module: this.#modules.indexOf(module ?? ""),
      reason: short(reason, MOST_REASON),
      target: exchange === undefined ? undefined : [short(exchange), short(routingKey ?? "")],
      queue: queue === undefined ? undefined : short(queue),
      failedAt: failedAt?.getTime(),
      ...{ attempts, replayed, deliveries, bytes },
    };
  }
}

/** Each name once; those without one cannot be selected by it. */
const named = (names: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(names.filter((name): name is string => Boolean(name))),
];
