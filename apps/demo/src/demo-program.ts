/** A program whose events the demo shows. */
export interface Program {
  readonly description: string;
  readonly remark: string;
  readonly questions: readonly string[];
  answer(question: string): Promise<string>;
}
