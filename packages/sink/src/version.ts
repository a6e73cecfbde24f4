import manifest from "../package.json" with { type: "json" };

/** Of this package, as messages carry it. */
export const version: string = manifest.version;
