import type { TransportFactory } from "@streamll/core";
import type { GivenOptions } from "@streamll/core/options";

/** The options that factories bring. Of one whose table is not known to the compiler: none. */
export type OptionsOf<Factory extends TransportFactory> = Intersection<
  Factory extends TransportFactory<infer Table>
    ? string extends keyof Table
      ? unknown
      : GivenOptions<Table>
    : unknown
>;

/** All members of a union at once. */
type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;
