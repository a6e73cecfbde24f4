// The server serves the package's own file by this name.
export { html, nothing, render, svg } from "lit-html";
