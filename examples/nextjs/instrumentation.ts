/** Next runs it once, when the server starts. What needs Node is imported only where Node runs. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") await import("./streamll.ts");
}
