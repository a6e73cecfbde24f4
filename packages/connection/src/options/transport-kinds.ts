import type { Transport, TransportFactory } from "@streamll/core";
import { isRecord, type Kind, Refusal, shown } from "@streamll/core/options";
import { schemesOf } from "../transport/schemes.js";

const refused = new Refusal();

const isFactory = (value: unknown): value is TransportFactory =>
  isRecord(value) && Array.isArray(value.schemes) && typeof value.create === "function";

/** RFC 3986, as a URL is read: in lower case. */
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

/** No URL could ask for such a scheme, and it would be ignored silently. */
function invalidScheme({ schemes, tlsSchemes }: TransportFactory): Refusal | undefined {
  const all: readonly unknown[] = [...schemes, ...(tlsSchemes ?? [])];
  const wrong = all.find((scheme) => typeof scheme !== "string" || !SCHEME.test(scheme));
  if (wrong === undefined) return undefined;
  const meant = typeof wrong === "string" ? wrong.toLowerCase().replace(/:.*$/s, "").replace(/_/g, "-") : "";
  const hint = SCHEME.test(meant) ? `: write ${JSON.stringify(meant)}` : "";
  return new Refusal(
    `${shown(wrong)} in the schemes of a factory is not a scheme of a URL: lower case, a letter first, no colon${hint}`,
  );
}

/** Of two factories with one scheme, one would be ignored silently. */
function sharedScheme(factories: readonly TransportFactory[]): Refusal | undefined {
  const all = factories.flatMap(schemesOf);
  const twice = all.find((scheme, index) => all.indexOf(scheme) < index);
  return twice === undefined ? undefined : new Refusal(`two factories have the scheme ${shown(twice)}`);
}

/** Rows of a table are read by code of this project. */
function invalidOption({ options = {} }: TransportFactory): Refusal | undefined {
  const wrong = Object.keys(options).find((option) => typeof options[option]?.kind?.read !== "function");
  return wrong === undefined
    ? undefined
    : new Refusal(
        `the option ${shown(wrong)} of a factory has no kind, such as those of @streamll/core/options`,
      );
}

const invalid = (factory: TransportFactory): Refusal | undefined =>
  invalidScheme(factory) ?? invalidOption(factory);

/** A transport, or what makes one. */
export const transport: Kind<Transport | TransportFactory> = {
  type: "`Transport` or `TransportFactory`",
  allowed: "a transport, an object with the method connect, or a factory { schemes, create }",
  read(value) {
    if (isFactory(value)) return invalid(value) ?? value;
    const given = value as Partial<Transport> | null;
    return typeof given === "object" && typeof given?.connect === "function" ? (given as Transport) : refused;
  },
  show: () => "an object",
};

export const transports: Kind<readonly TransportFactory[]> = {
  type: "list of `TransportFactory`",
  allowed: "a list of factories { schemes, create }",
  read(value) {
    if (!Array.isArray(value) || !value.every(isFactory)) return refused;
    const wrong = value.map(invalid).find((one) => one !== undefined);
    return wrong ?? sharedScheme(value) ?? value;
  },
  show: (list) => list.map((factory) => schemesOf(factory).join(", ")),
};

/** The factories among what the user gives, before anything is read: they bring options of their own. */
export function factoriesIn(given: Readonly<Record<string, unknown>>): readonly TransportFactory[] {
  const list = Array.isArray(given.transports) ? given.transports : [];
  return [given.transport, ...list].filter((one) => isFactory(one) && invalid(one) === undefined);
}
