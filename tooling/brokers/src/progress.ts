const everyMs = 5000;

/** Shows how far a command is that says a line for each of its steps, which are too many to show them all. */
export function progress(what: string, show: (text: string) => void = console.error): (line: string) => void {
  let steps = 0;
  let shown = performance.now();
  return (line) => {
    steps++;
    if (performance.now() - shown < everyMs) return;
    shown = performance.now();
    show(`brokers: ${what}, step ${steps}: ${line.replace(/^[A-Z]: /, "")}`);
  };
}
