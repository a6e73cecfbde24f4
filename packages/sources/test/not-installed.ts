/** A package that only newer-node.ts has: neither its types nor itself are of the workspace. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export const load = (name: string): Promise<any> => import(name);
