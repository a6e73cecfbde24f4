/** A program whose events the demo shows. */
export interface ShownProgram {
  readonly description: string;
  readonly remark: string;
  readonly questions: readonly string[];
  answer(question: string): Promise<string>;
}
