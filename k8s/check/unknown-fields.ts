// The validators of kubernetes-models check types but let unknown fields pass. The TypeScript compiler refuses an object literal with a
// field its type does not know, at any depth: so the manifests are written out as literals and type-checked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { type Manifest } from './kubectl';

const root = resolve(__dirname, '..', '..');

/** One message per unknown or mistyped field; empty when all manifests are clean. */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const directory = mkdtempSync(join(root, 'build', 'manifest-types-'));
  try {
    const file = join(directory, 'manifests.ts');
    writeFileSync(file, manifests.map(literalOf).join('\n'));
    const program = ts.createProgram([file], {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
      lib: ['lib.es2023.d.ts'],
    });
    return ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function literalOf(manifest: Manifest, index: number): string {
  const type = `import('kubernetes-models/${manifest.apiVersion}').I${manifest.kind}`;
  return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`;
}
