import { type Actions, refusal } from "../actions.js";
import type { Follow } from "../live.js";
import type { Chosen } from "./catalogue.js";
import type { Desk } from "./desk.js";

const MOST_RATE = 1_000_000;

/** What the page may ask of the desk. */
export function actionsOf(desk: Desk): Actions {
  return {
    look: () => desk.look(),
    stop: () => desk.stop(),
    show: (given) => chosenIn(given, (chosen) => desk.show(given.list, chosen)),
    replay: (given) =>
      chosenIn(given, (chosen) => {
        const { rate } = given;
        const isRate = rate === undefined || (isPlace(rate) && rate > 0 && rate <= MOST_RATE);
        if (!isRate) return refusal(400, "rate must be a whole number from 1 to 1,000,000, or left out");
        return desk.replay(given.list, chosen, rate);
      }),
  };
}

/** The state, and the list where it is another one. */
export function followDesk(desk: Desk): Follow {
  let version = 0;
  let listed: Desk["catalogue"];
  return () => {
    if (desk.version === version) return undefined;
    version = desk.version;
    const isNew = desk.catalogue !== listed;
    listed = desk.catalogue;
    return { ...desk.state, ...(isNew && { list: listed?.shown() }) };
  };
}

function chosenIn<T>(
  { code, type, module, letter }: Readonly<Record<string, unknown>>,
  work: (chosen: Chosen) => T,
): T | ReturnType<typeof refusal> {
  const given = { code, type, module, letter };
  const isWrong = Object.values(given).some((value) => value !== undefined && !isPlace(value));
  return isWrong
    ? refusal(400, "code, type, module and letter are places in the list")
    : work(given as Chosen);
}

const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
