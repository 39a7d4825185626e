import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

// The library as a consumer gets it: built into an empty folder without the rest of the project, with the names in
// package.json.

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'belfry-package-'))
after(() => rmSync(folder, { recursive: true }))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const run = (args: string[], cwd: string) => execFileSync(process.execPath, args, { cwd, encoding: 'utf8' })

type Manifest = { name: string; type: string; exports: Record<string, { types: string; default: string }> }
const { name, type, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

describe('belfry/push-rules', () => {
  it('builds alone, imports nothing, and runs the example', () => {
    const installed = join(folder, 'node_modules', name)
    mkdirSync(installed, { recursive: true })
    const options = {
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: { rootDir: join(root, 'src'), outDir: join(installed, 'dist'), types: [] },
      include: [join(root, 'src/push-rules')],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
    run([tsc, '--project', folder], folder)
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, type, exports }))

    const built = globSync('**/*.js', { cwd: installed })
    assert.ok(built.length > 20, built.join())
    for (const file of built) {
      const text = readFileSync(join(installed, file), 'utf8')
      for (const [, from] of text.matchAll(/\bfrom '([^']+)'/g))
        assert.match(String(from), /^\.\/[\w-]+\.js$/, file)
    }

    cpSync(join(root, 'examples/push-rules.ts'), join(folder, 'example.mts'))
    assert.equal(run([join(folder, 'example.mts')], folder).trim(), "true { kind: 'content', ruleId: 'tea' }")

    // Its types as well: the example is checked by them.
    symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'))
    const strict = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(folder, 'node_modules/@types')], skipLibCheck: false },
      files: [join(folder, 'example.mts')],
      include: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(strict))
    run([tsc, '--project', folder], folder)
  })

  it('has the entry point that package.json names', async () => {
    const entry = exports['./push-rules']
    assert.deepEqual(entry, { types: './dist/push-rules/index.d.ts', default: './dist/push-rules/index.js' })
    const source = await import(pathToFileURL(join(root, 'src/push-rules/index.ts')).href)
    const built = await import(pathToFileURL(join(folder, 'node_modules', name, entry.default)).href)
    assert.deepEqual(Object.keys(built).toSorted(), Object.keys(source).toSorted())
  })
})
