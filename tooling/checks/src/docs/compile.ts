import { join } from "node:path";
import ts from "typescript";

/** Compiles the files in one program, as strictly as the repository itself, and gives each one's errors. */
export function compile(root: string, files: readonly string[]): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(files, {
    ...options,
    // A block is a module although it may import nothing, and may show a value that it does not use.
    moduleDetection: ts.ModuleDetectionKind.Force,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noEmit: true,
  });
  const errors = new Map<string, string[]>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    if (diagnostics.length > 0)
      errors.set(
        file,
        diagnostics.map((diagnostic) => describe(file, diagnostic)),
      );
  }
  return errors;
}

function describe(file: string, { start, file: source, code, messageText }: ts.Diagnostic): string {
  const line = source && start !== undefined ? source.getLineAndCharacterOfPosition(start).line + 1 : 1;
  return `${file}:${line}: TS${code}: ${ts.flattenDiagnosticMessageText(messageText, "\n  ")}`;
}
