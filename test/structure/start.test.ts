import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// What is not needed until the first poke, mail or push is not loaded before: it costs every start time, and memory for ever.
const NOT_AT_START = ['undici', 'nodemailer', 'jose', 'pg']

const root = fileURLToPath(new URL('../../', import.meta.url))
const STATIC = /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
/** `import { type A, type B } from …` is a type import too. */
const TYPES_ALONE = /^import\s*\{\s*(?:type\s+\w+(?:\s+as\s+\w+)?\s*,?\s*)+\}\s*from/

/** What a file imports when it is loaded. */
function imports(file: string): string[] {
  const text = readFileSync(root + file, 'utf8')
  return [...text.matchAll(STATIC)]
    .filter(([statement]) => !TYPES_ALONE.test(statement))
    .map((match) => match[1] as string)
}

/** By package, the way from the entry to a file that imports it. */
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

describe('a start of the server', () => {
  test('loads no client of what it may never call', () => {
    const { packages, files } = packagesFrom('src/app.ts')
    const loaded = NOT_AT_START.flatMap((name) => {
      const way = packages.get(name)
      return way ? [`${name}, by ${way.join(' → ')}`] : []
    })
    assert.deepEqual(loaded, [])
    assert.ok(files.length > 200 && packages.has('find-my-way'), 'it has looked')
  })

  test('loads nothing that makes the OpenAPI document', () => {
    const { files } = packagesFrom('src/app.ts')
    assert.deepEqual(
      files.filter((file) => file.startsWith('src/http/openapi/')),
      [],
    )
    assert.ok(packagesFrom('src/http/openapi/document.ts').files.includes('src/http/openapi/json-schema.ts'))
  })

  test('and what does load one is found', () => {
    assert.deepEqual(packagesFrom('src/delivery/poke-agent.ts').packages.get('undici'), [
      'src/delivery/poke-agent.ts',
      'src/lib/outbound/guarded-agent.ts',
    ])
  })
})
