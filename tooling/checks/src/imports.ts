import ts from "typescript";

export interface Import {
  readonly specifier: string;
  /** `import()` of a module, loaded only when it is reached. */
  readonly dynamic: boolean;
  readonly line: number;
}

/** Every module that a TypeScript source names: import, export, import(), require() and types by import(). */
export function importsOf(file: string, text: string): Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierIn(node);
    if (specifier && ts.isStringLiteralLike(specifier)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ specifier: specifier.text, dynamic: isDynamicImport(node), line });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function specifierIn(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  return isDynamicImport(node) || isRequire(node) ? node.arguments[0] : undefined;
}

function isDynamicImport(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
}

/** `require(x)`, `require.resolve(x)`. */
function isRequire(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && /^require(\.resolve)?$/.test(node.expression.getText());
}
