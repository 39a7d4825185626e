import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// Code that the first poke, mail or push needs is not loaded before: it would make each start slower and use
// memory permanently.
const NOT_AT_START = [
  '@fluent/bundle',
  'undici',
  'nodemailer',
  'jose',
  'pg',
  'prom-client',
  'prom-client/lib/defaultMetrics.js',
]

const root = fileURLToPath(new URL('../../', import.meta.url))
const STATIC = /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
/** `import { type A, type B } from …` is a type import too. */
const TYPES_ONLY = /^import\s*\{\s*(?:type\s+\w+(?:\s+as\s+\w+)?\s*,?\s*)+\}\s*from/

/** The modules that a file imports when it is loaded. */
function imports(file: string): string[] {
  const text = readFileSync(root + file, 'utf8')
  return [...text.matchAll(STATIC)]
    .filter(([statement]) => !TYPES_ONLY.test(statement))
    .map((match) => match[1] as string)
}

/** By package, the import path from the entry to a file that imports the package. */
function packagesFrom(entry: string): { packages: Map<string, string[]>; files: string[] } {
  const packages = new Map<string, string[]>()
  const ways = new Map([[entry, [entry]]])
  for (const [file, way] of ways) {
    for (const specifier of imports(file)) {
      if (!specifier.startsWith('.')) {
        if (!packages.has(specifier)) packages.set(specifier, way)
        continue
      }
      const next = posix.join(posix.dirname(file), specifier)
      if (!ways.has(next)) ways.set(next, [...way, next])
    }
  }
  return { packages, files: [...ways.keys()] }
}

/** The modules of Node that are loaded with a file or module. */
function modulesOfNode(specifier: string): string[] {
  const code = `await import('${specifier}'); console.log(process.moduleLoadList.join('\\n')); process.exit()`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    encoding: 'utf8',
  })
  return output.split('\n')
}

describe('the start of the server', () => {
  test('loads no client library of optional features', () => {
    const { packages, files } = packagesFrom('src/app.ts')
    const loaded = NOT_AT_START.flatMap((name) => {
      const way = packages.get(name)
      return way ? [`${name}, by ${way.join(' → ')}`] : []
    })
    assert.deepEqual(loaded, [])
    assert.ok(files.length > 200 && packages.has('find-my-way'), 'the files and their imports were found')
  })

  test('loads neither the mail service nor the delivery of mail', () => {
    const mail = ['src/delivery/email/mail-service.ts', 'src/delivery/email/worker.ts']
    const { files } = packagesFrom('src/app.ts')
    assert.deepEqual(
      files.filter((file) => mail.includes(file)),
      [],
    )
    assert.deepEqual(
      mail.filter((file) => !packagesFrom(file).files.includes('src/delivery/email/render.ts')),
      [],
      'the files have these names',
    )
  })

  test('loads no migration that its database has', () => {
    const files = ['src/storage/sqlite.ts', 'src/storage/postgres.ts'].flatMap(
      (entry) => packagesFrom(entry).files,
    )
    assert.ok(files.includes('src/storage/migrate.ts'), 'the table of migrations was found')
    assert.deepEqual(
      files.filter((file) => file.startsWith('src/storage/migrations/')),
      [],
    )
  })

  test('loads no other command', () => {
    const { files } = packagesFrom('src/cli/main.ts')
    const others = files.filter((file) => /^src\/cli\/(?:gateway|push|send|user|openapi)/.test(file))
    assert.deepEqual(others, [])
    assert.ok(files.includes('src/cli/commands.ts'), 'the table of commands was found')
  })

  test('does not load the code that creates the OpenAPI document', () => {
    const { files } = packagesFrom('src/app.ts')
    assert.deepEqual(
      files.filter((file) => file.startsWith('src/http/openapi/')),
      [],
    )
    assert.ok(packagesFrom('src/http/openapi/document.ts').files.includes('src/http/openapi/json-schema.ts'))
  })

  test('does not load the HTTP client inside Node', () => {
    const client = 'NativeModule internal/deps/undici/undici'
    assert.ok(
      !modulesOfNode('./src/app.ts').includes(client),
      'src/lib/node-http.ts says how to import node:http',
    )
    assert.ok(modulesOfNode('node:http').includes(client), 'an import of node:http is reported')
  })

  test('a file that loads a client library is reported', () => {
    assert.deepEqual(packagesFrom('src/delivery/poke-agent.ts').packages.get('undici'), [
      'src/delivery/poke-agent.ts',
      'src/lib/outbound/guarded-agent.ts',
    ])
  })
})
