import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The direction of imports: along the way of an event, or into the base, never back (ARCHITECTURE.md). Lint holds the
// same table for the editor; this test holds lint to it, and proves that it has looked.
const base = ['lib', 'push-rules', 'config', 'storage', 'cluster', 'sending', 'trace']
const line = ['gateway', 'delivery', 'pushers', 'notifications', 'rooms']
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  'push-rules': [],
  config: ['lib'],
  storage: ['lib', 'config'],
  cluster: ['lib', 'config'],
  sending: ['lib', 'config', 'storage', 'cluster'],
  trace: ['lib', 'config', 'storage', 'cluster', 'sending'],
  'user-rules': base,
  accounts: [...base, 'user-rules'],
  gateway: base,
  delivery: [...base, 'accounts', 'user-rules', 'gateway'],
  pushers: [...base, 'accounts', 'user-rules', 'gateway', 'delivery'],
  notifications: [...base, 'accounts', 'user-rules', 'gateway', 'delivery', 'pushers'],
  rooms: [...base, 'accounts', 'user-rules', 'gateway', 'delivery', 'pushers', 'notifications'],
  http: ['lib', 'config'],
  'client-api': [...base, ...line, 'accounts', 'user-rules', 'http'],
  'console-api': [...base, ...line, 'accounts', 'user-rules', 'http'],
  'gateway-api': [...base, 'gateway', 'http'],
  cli: ['app.ts', 'gateway-app.ts', 'config', 'lib'],
  'app.ts': [...base, ...line, 'accounts', 'user-rules', 'http', 'gateway-app.ts', 'stages.ts'],
  'stages.ts': [
    ...base,
    ...line,
    'accounts',
    'user-rules',
    'http',
    'client-api',
    'console-api',
    'gateway-api',
    'gateway-app.ts',
  ],
  'gateway-app.ts': [...base, 'gateway', 'http', 'gateway-api'],
}

const root = fileURLToPath(new URL('../../', import.meta.url))
/** `file` imports `target`; `from` and `to` are their folders. */
type Edge = { from: string; to: string; file: string; target: string }

/** Every specifier of a relative import in a file: static, of types, re-exported and dynamic. */
function specifiers(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"](\.[^'"]+)['"]/g)].map(
    (match) => match[1] as string,
  )
}

function edgesOf(file: string, text: string): Edge[] {
  return specifiers(text).map((specifier) => {
    const target = posix.join(posix.dirname(file), specifier)
    return { file, target, from: roomOf(file), to: roomOf(target) }
  })
}

/** `src/rooms/sync/x.ts` is in the room `rooms`; `src/app.ts` is one by itself. */
function roomOf(file: string): string {
  return file.split('/')[1] as string
}

function isBackwards({ from, to }: Edge): boolean {
  return from !== to && !MAY_IMPORT[from]?.includes(to)
}

type Imports = ReadonlyMap<string, readonly string[]>

function importsOf(all: readonly Edge[]): Imports {
  const byFile = Map.groupBy(all, ({ file }) => file)
  return new Map([...byFile].map(([file, some]) => [file, some.map(({ target }) => target)]))
}

/** The first circle of imports, from a file back to itself; empty: there is none. */
function circle(imports: Imports): string[] {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const target of imports.get(file) ?? []) {
      const found = visit(target, [...path, file])
      if (found.length > 0) return found
    }
    done.add(file)
    return []
  }
  for (const file of imports.keys()) {
    const found = visit(file, [])
    if (found.length > 0) return found
  }
  return []
}

const files = globSync('src/**/*.ts', { cwd: root }).toSorted()
const edges = files.flatMap((file) => edgesOf(file, readFileSync(`${root}${file}`, 'utf8')))

describe('the direction of imports', () => {
  test('nothing imports back up the line', () => {
    assert.deepEqual(edges.filter(isBackwards), [])
  })

  test('no file imports itself by way of others', () => {
    assert.deepEqual(circle(importsOf(edges)), [])
    const planted = { 'src/a.ts': ['src/b.ts'], 'src/b.ts': ['src/c.ts'], 'src/c.ts': ['src/b.ts'] }
    assert.deepEqual(circle(new Map(Object.entries(planted))), ['src/b.ts', 'src/c.ts', 'src/b.ts'])
  })

  test('every folder is in the table, and every row of the table is a folder', () => {
    assert.deepEqual([...new Set(files.map(roomOf))].toSorted(), Object.keys(MAY_IMPORT).toSorted())
  })

  test('lint refuses what this table refuses', () => {
    const { overrides } = JSON.parse(readFileSync(`${root}.oxlintrc.json`, 'utf8')) as {
      overrides: { files: string[]; rules: Record<string, [string, { patterns: { group: string[] }[] }]> }[]
    }
    for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
      if (folder.endsWith('.ts')) continue
      const override = overrides.find(({ files: of }) => of.includes(`src/${folder}/**`))
      const groups =
        override?.rules['no-restricted-imports']?.[1].patterns.flatMap((pattern) => pattern.group) ?? []
      for (const other of Object.keys(MAY_IMPORT)) {
        const refused = groups.includes(other.endsWith('.ts') ? `**/${other}` : `**/${other}/**`)
        const wanted = other !== folder && !allowed.includes(other)
        assert.equal(refused, wanted, `${folder} → ${other}`)
      }
    }
  })

  test('it has looked: there are files and edges, and a planted violation is found', () => {
    assert.ok(files.length > 60, `${files.length} files`)
    assert.ok(edges.filter(({ from, to }) => from !== to).length > 100)
    for (const statement of [
      `import { x } from '../rooms/event.ts'`,
      `import type { X } from '../rooms/event.ts'`,
      `export { x } from '../rooms/event.ts'`,
      `const x = await import('../rooms/event.ts')`,
      `import {\n  x,\n} from '../rooms/event.ts'`,
    ]) {
      assert.equal(edgesOf('src/delivery/x.ts', statement).filter(isBackwards).length, 1, statement)
    }
  })
})
