export { circumstances, today } from "./circumstances.js";
export { textBetween, writeBetween } from "./pages.js";
export { markdownTable, tableRows } from "./table.js";
