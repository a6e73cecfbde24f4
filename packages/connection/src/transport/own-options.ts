import type { ConfigurationProblem, TransportDescription, TransportFactory } from "@streamll/core";
import { defaultOf, isRefusal, type OptionTable, readOption } from "@streamll/core/options";
import { closestName } from "../options/closest-name.js";
import type { Origin } from "../options/read.js";
import type { Row, Rows } from "../options/row.js";
import { type BuiltInTransport, builtInTransports } from "./registry.js";
import { schemesOf } from "./schemes.js";

type Known = TransportDescription | BuiltInTransport;

/** Of those with one name, what the user brings stands for ours. */
const builtInBeside = (factories: readonly TransportFactory[]): readonly BuiltInTransport[] =>
  builtInTransports.filter(({ name }) => !factories.some((factory) => factory.name === name));

const hasOption = ({ options = {} }: Known, option: string): boolean => Object.hasOwn(options, option);

const nameOf = ({ name, ...description }: Known): string => name ?? schemesOf(description).join(", ");

/** The rows of a class, and after them those of every transport that is built in or given. */
export function rowsWith(table: Rows, factories: readonly TransportFactory[] = []): Rows {
  const rows: Record<string, Row> = { ...table };
  for (const transport of [...builtInBeside(factories), ...factories]) {
    const packageName = "packageName" in transport ? transport.packageName : undefined;
    const place = packageName === undefined ? "" : ` (${packageName})`;
    const group = `${transport.title ?? nameOf(transport)} only${place}`;
    for (const [option, row] of Object.entries(transport.options ?? {}))
      if (!Object.hasOwn(table, option))
        rows[option] = { ...row, group, ...(packageName === undefined ? {} : { packageName }) };
  }
  return rows;
}

export interface OwnOptions {
  /** Of the transport's table, resolved. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly problems: readonly ConfigurationProblem[];
}

export interface OwnRequest {
  /** What the user gave beside the rows that all transports share. */
  readonly given: ReadonlyMap<string, unknown>;
  /** Values that URLs set for such options. */
  readonly fromUrl: Readonly<Record<string, unknown>>;
  readonly origins: Map<string, Origin>;
  /** The one that was chosen, where it has a description, and how errors call it. */
  readonly chosen: TransportDescription | undefined;
  readonly chosenName: string | undefined;
  readonly factories: readonly TransportFactory[];
  readonly table: Rows;
  readonly className: string;
}

/** Reads options that are not shared by the table of the chosen transport, and refuses all others. */
export function readOwnOptions(request: OwnRequest): OwnOptions {
  const { given, fromUrl, origins, chosen, chosenName } = request;
  const table: OptionTable = chosen?.options ?? {};
  const own: Record<string, unknown> = {};
  for (const [option, row] of Object.entries(table)) own[option] = defaultOf(row);
  const problems: ConfigurationProblem[] = [...clashes(request)];
  for (const [option, value] of given) {
    const owner = Object.hasOwn(table, option)
      ? chosen
      : [...request.factories, ...builtInTransports].find((one) => hasOption(one, option));
    const problem = (message: string) =>
      problems.push({ option: origins.get(option)?.variable ?? option, message });
    if (owner === undefined) {
      problem(`is not an option of ${request.className}${hint(option, request)}`);
      continue;
    }
    const read = readOption(owner.options![option]!, value);
    if (isRefusal(read)) problem(read.message);
    else if (owner === chosen) own[option] = read;
    else if (chosenName !== undefined && value !== false)
      problem(`the transport ${chosenName} has no such option; it belongs to the transport ${nameOf(owner)}`);
  }
  for (const [option, value] of Object.entries(fromUrl)) {
    if (given.has(option) || !Object.hasOwn(table, option)) continue;
    own[option] = table[option]!.kind.read(value);
    origins.set(option, { from: "URL" });
  }
  return { own, problems };
}

function hint(option: string, { table, factories }: OwnRequest): string {
  const meant = closestName(option, Object.keys(rowsWith(table, factories)));
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

/** An option of a transport by the name of a shared one could never be set. */
function clashes({ factories, table, className }: OwnRequest): ConfigurationProblem[] {
  return factories.flatMap((factory) =>
    Object.keys(factory.options ?? {})
      .filter((option) => Object.hasOwn(table, option))
      .map((option) => ({
        option: "transports",
        message: `the transport ${nameOf(factory)} declares the option ${option}, which ${className} has already: rename it`,
      })),
  );
}
