export { circumstances, today } from "./circumstances.js";
export { commandLine, endWith, UsageError } from "./command-line.js";
export { textBetween, writeBetween } from "./pages.js";
export { markdownTable, tableRows } from "./table.js";
