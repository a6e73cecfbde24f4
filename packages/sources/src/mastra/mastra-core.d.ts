/** What is used of a package that needs Node 22, and so is none of the workspace's. */
declare module "@mastra/core/observability" {
  export const resolveCurrentSpan: (() => unknown) | undefined;
  export const resolveExportedSpanId: ((span: unknown) => string | undefined) | undefined;
}
