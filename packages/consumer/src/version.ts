import manifest from "../package.json" with { type: "json" };

/** Of this package, as its metrics and spans have it. */
export const version: string = manifest.version;
