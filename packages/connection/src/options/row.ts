import type { TransportCapabilities } from "@streamll/core";
import type { Option } from "@streamll/core/options";

/** An option of a class: how it is read, and where it is documented. */
export interface Row extends Option<unknown> {
  /** The heading under which it is documented. */
  readonly group: string;
  /** What the transport must be able to do for it. */
  readonly needs?: keyof Omit<TransportCapabilities, "maxMessageBytes">;
  /** A transport learns it when it is made; one that the user made cannot. */
  readonly toTransport?: true;
  /** The package of the one transport that has it. */
  readonly packageName?: string;
}

/** The options of a class, in the order of the documentation. */
export type Rows = Readonly<Record<string, Row>>;

export const inGroup =
  (group: string) =>
  <const R extends Omit<Row, "group">>(row: R): R & { readonly group: string } => ({ ...row, group });
