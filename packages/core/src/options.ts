// What an option of a transport is made of.
export {
  boolean,
  callback,
  choice,
  count,
  isRecord,
  jsonFromText,
  name,
  objectWith,
  orFalse,
  record,
  template,
  text,
  unprintable,
} from "./options/kinds.js";
export type {
  GivenOf,
  GivenOptions,
  Kind,
  Option,
  OptionTable,
  ResolvedOptions,
  RowsOf,
  ValueOf,
} from "./options/option.js";
export { type DurationText, duration, type SizeText, size } from "./options/quantities.js";
export { isRefusal, Refusal, shown } from "./options/refusal.js";
export { defaultOf, readOption, resolveOptions } from "./options/resolve-options.js";
