import { variablesFor as variablesOfRow } from "@streamll/connection/internal";
import { allRows } from "../src/options/table.js";

export const optionNames = Object.keys(allRows);
export const rowOf = (option: string) => allRows[option]!;
export const variablesFor = (option: string) => variablesOfRow(option, rowOf(option));
