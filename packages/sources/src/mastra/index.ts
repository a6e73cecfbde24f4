export { StreamllExporter } from "./exporter.js";
