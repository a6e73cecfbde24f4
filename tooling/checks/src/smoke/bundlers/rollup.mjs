// rollup.mjs ENTRY OUTFILE, as a stranger configures it for a server.
import commonjs from "@rollup/plugin-commonjs";
import json from "@rollup/plugin-json";
import resolve from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";

const [input, file] = process.argv.slice(2);
const plugins = [resolve({ preferBuiltins: true, exportConditions: ["node"] }), commonjs(), json()];
const bundle = await rollup({ input, plugins, logLevel: "silent" });
await bundle.write({ file, format: "es", inlineDynamicImports: true });
