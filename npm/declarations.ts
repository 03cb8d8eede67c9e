/** The type declarations of what the package exports, made of the sources file by file. */

import ts from "typescript";
import { PROJECT } from "./paths.ts";

/** What a declaration file can be: of a module of ECMAScript, or of CommonJS. */
export type DeclarationKind = "mts" | "cts";

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]*)\.ts"/g;

/**
 * The declarations for a module of `src/` and for all that they mention, by path within the package. A file
 * can be declared by itself only if what it exports has its type written beside it: the same is asked for by
 * `deno publish`. Throws where one has not.
 */
export function declarations(entry: string, kind: DeclarationKind): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string) => {
    const name = outputName(path, kind);
    if (found.has(name)) return;
    const text = declarationOf(path);
    found.set(name, text.replace(IMPORT, `$1"$2.${kind === "mts" ? "mjs" : "cjs"}"`));
    for (const [, , target] of text.matchAll(IMPORT)) visit(resolve(path, `${target}.ts`));
  };
  visit(entry);
  return found;
}

function outputName(path: string, kind: DeclarationKind): string {
  return path.replace(/^src\//, "types/").replace(/\.ts$/, `.d.${kind}`);
}

function resolve(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1);
}

function declarationOf(path: string): string {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(
    Deno.readTextFileSync(PROJECT + path),
    {
      fileName: path,
      reportDiagnostics: true,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        strict: true,
        allowImportingTsExtensions: true,
        stripInternal: true,
      },
    },
  );
  for (const { messageText, start = 0 } of diagnostics) {
    throw new Error(
      `${path}, offset ${start}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  }
  return outputText;
}
