/** A package that only newer-node.ts installs: the workspace has neither the package nor its types. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export const load = (name: string): Promise<any> => import(name);
