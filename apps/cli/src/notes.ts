import { printableLines, told } from "@streamll/core/internal";
import pc from "picocolors";
import type { Output } from "./shell.js";

type Colours = ReturnType<typeof pc.createColors>;

/** What the command writes to stderr: messages, and beneath them a status line that is redrawn. */
export class Notes {
  readonly #output: Output;
  readonly #colours: Colours;
  #line = "";

  constructor(output: Output, colour: boolean) {
    this.#output = output;
    this.#colours = pc.createColors(colour);
  }

  info(text: string): void {
    this.#write(told(text));
  }

  warn(text: string): void {
    this.#write(`${this.#colours.yellow("warning:")} ${told(text)}`);
  }

  error(text: string): void {
    // Each of several lines is escaped by itself.
    this.#write(`${this.#colours.red("error:")} ${printableLines(text)}`);
  }

  /** Draws the status line, or removes it where there is no text. Only for terminals. */
  draw(text = ""): void {
    const { columns = 80 } = this.#output;
    if (text !== "" || this.#line !== "") this.#output.write(`\r\u001b[K${text.slice(0, columns - 1)}`);
    this.#line = text;
  }

  #write(text: string): void {
    const line = this.#line;
    this.draw();
    this.#output.write(`${text}\n`);
    this.draw(line);
  }
}
