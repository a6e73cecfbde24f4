/** The functions that are used of a package that needs Node 22, and is therefore not installed in the workspace. */
declare module "@mastra/core/observability" {
  export const resolveCurrentSpan: (() => unknown) | undefined;
  export const resolveExportedSpanId: ((span: unknown) => string | undefined) | undefined;
}
