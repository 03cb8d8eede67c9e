/**
 * The type declarations of what the package exports, made of the sources file by file: of each file what the
 * exports need, and nothing of what stands beside it.
 */

import ts from "typescript";
import { PROJECT } from "./paths.ts";

/** What a declaration file can be: of a module of ECMAScript, or of CommonJS. */
export type DeclarationKind = "mts" | "cts";

/** A name of another module. */
interface Origin {
  /** The path in the project. */
  readonly path: string;
  readonly name: string;
}

/** A declared name. */
interface Declared {
  /** Its declarations, one for each overload, with their comments. */
  readonly texts: string[];
  /** Identifiers in them, among them names that they need. */
  readonly uses: Set<string>;
}

/** A module's declarations. */
interface Module {
  readonly declared: ReadonlyMap<string, Declared>;
  readonly imported: ReadonlyMap<string, Origin>;
  readonly passedOn: ReadonlyMap<string, Origin>;
  /** What has no type written beside it, by the name that it is part of. */
  readonly untyped: ReadonlyMap<string, string>;
}

/**
 * The declarations for a module of the project and for all that they mention, by path within the package. What is
 * needed must have its type written beside it: the same is asked for by `deno publish`. Throws where it has not.
 */
export function declarations(entry: string, kind: DeclarationKind): Map<string, string> {
  const modules = new Map<string, Module>(), needed = new Map<string, Set<string>>();
  const moduleAt = (path: string): Module => {
    const found = modules.get(path) ?? readModule(path);
    modules.set(path, found);
    return found;
  };
  const need = (path: string, name: string): void => {
    const names = needed.get(path) ?? new Set();
    needed.set(path, names);
    if (names.has(name)) return;
    names.add(name);
    const { declared, imported, passedOn, untyped } = moduleAt(path);
    const problem = untyped.get(name);
    if (problem !== undefined) throw new Error(`${path}: ${name}: ${problem}`);
    const origin = imported.get(name) ?? passedOn.get(name);
    if (origin !== undefined) need(origin.path, origin.name);
    for (const used of declared.get(name)?.uses ?? []) {
      if (declared.has(used) || imported.has(used)) need(path, used);
    }
  };
  for (const name of moduleAt(entry).passedOn.keys()) need(entry, name);
  return new Map(Array.from(needed, ([path, names]) => {
    const name = path.replace(/^src\//, "types/").replace(/\.ts$/, `.d.${kind}`);
    return [name, textOf(path, moduleAt(path), names, kind)];
  }));
}

function textOf(
  path: string,
  module: Module,
  names: ReadonlySet<string>,
  kind: DeclarationKind,
): string {
  const { declared, imported, passedOn } = module;
  const lines: string[] = [];
  for (const [name, origin] of [...imported, ...passedOn]) {
    if (!names.has(name)) continue;
    const word = passedOn.has(name) ? "export" : "import";
    // Classes are values: who passes one on says so.
    const isType = word === "import" ? "type " : isValue(origin) ? "" : "type ";
    const renamed = origin.name === name ? name : `${origin.name} as ${name}`;
    lines.push(`${word} ${isType}{ ${renamed} } from "${specifier(path, origin.path, kind)}";\n`);
  }
  for (const [name, { texts }] of declared) if (names.has(name)) lines.push(...texts);
  return lines.join("");
}

/** Whether a name is that of a class or a function, in a project that names no type like a value. */
function isValue({ path, name }: Origin): boolean {
  const text = Deno.readTextFileSync(PROJECT + path);
  return new RegExp(`^export (?:async |abstract )*(?:class|function|const) ${name}\\b`, "m").test(
    text,
  );
}

function specifier(from: string, to: string, kind: DeclarationKind): string {
  const ups = from.split("/").slice(0, -1), downs = to.split("/");
  while (ups.length > 0 && ups[0] === downs[0]) {
    ups.shift();
    downs.shift();
  }
  const way = ups.length === 0 ? "./" : "../".repeat(ups.length);
  return way + downs.join("/").replace(/\.ts$/, kind === "mts" ? ".mjs" : ".cjs");
}

function readModule(path: string): Module {
  const source = Deno.readTextFileSync(PROJECT + path);
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, strict: true },
      allowImportingTsExtensions: true,
    },
  });
  const declared = new Map<string, Declared>();
  const imported = new Map<string, Origin>(), passedOn = new Map<string, Origin>();
  const file = parse(path, outputText);
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) {
      const names = ts.isImportDeclaration(statement) ? imported : passedOn;
      addNames(path, statement, names);
      continue;
    }
    for (const name of namesOf(statement)) {
      const known = declared.get(name) ?? { texts: [], uses: new Set() };
      declared.set(name, known);
      known.texts.push(`${statement.getFullText(file).trim()}\n`);
      addIdentifiers(statement, known.uses);
    }
  }
  return { declared, imported, passedOn, untyped: namedProblems(path, source, diagnostics) };
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
}

/** The names that an import or export takes from another module, in the way that the project writes them. */
function addNames(
  path: string,
  statement: ts.ImportDeclaration | ts.ExportDeclaration,
  names: Map<string, Origin>,
): void {
  const { moduleSpecifier } = statement;
  const list = ts.isImportDeclaration(statement)
    ? statement.importClause?.namedBindings
    : statement.exportClause;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return;
  if (!moduleSpecifier.text.startsWith(".") || list === undefined) return;
  if (!ts.isNamedImports(list) && !ts.isNamedExports(list)) return;
  const target = new URL(moduleSpecifier.text, `file:///${path}`).pathname.slice(1);
  for (const { name, propertyName } of list.elements) {
    names.set(name.text, { path: target, name: (propertyName ?? name).text });
  }
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as { name?: ts.Node };
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : [];
}

function addIdentifiers(node: ts.Node, found: Set<string>): void {
  if (ts.isIdentifier(node)) found.add(node.text);
  node.forEachChild((child) => addIdentifiers(child, found));
}

/** Problems by the names of the statements that they are in. */
function namedProblems(
  path: string,
  source: string,
  diagnostics: readonly ts.Diagnostic[],
): Map<string, string> {
  const problems = new Map<string, string>();
  const { statements } = parse(path, source);
  for (const { start = 0, messageText } of diagnostics) {
    const statement = statements.find(({ pos, end }) => pos <= start && start < end);
    if (statement === undefined) continue;
    for (const name of namesOf(statement)) {
      problems.set(name, ts.flattenDiagnosticMessageText(messageText, "\n"));
    }
  }
  return problems;
}
