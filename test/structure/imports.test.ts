import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The direction of imports: along the path of an event, or into the base, never back (ARCHITECTURE.md). Lint
// enforces the same table in the editor; this test compares lint with the table, and checks that it finds
// violations.
const base = ['lib', 'push-rules', 'language', 'config', 'storage', 'cluster', 'sending', 'trace']
const line = ['gateway', 'delivery', 'pushers', 'notifications', 'rooms']
const stages = [...line, 'keys', 'media']
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  'push-rules': [],
  language: ['lib'],
  config: ['lib', 'language'],
  storage: ['lib', 'config'],
  cluster: ['lib', 'config', 'storage'],
  sending: ['lib', 'config', 'storage', 'cluster'],
  trace: ['lib', 'config', 'storage', 'cluster', 'sending'],
  'user-rules': base,
  accounts: [...base, 'user-rules'],
  gateway: base,
  media: base,
  delivery: [...base, 'accounts', 'user-rules', 'gateway'],
  pushers: [...base, 'accounts', 'user-rules', 'gateway', 'delivery'],
  notifications: [...base, 'accounts', 'user-rules', 'gateway', 'delivery', 'pushers'],
  rooms: [...base, 'accounts', 'user-rules', 'gateway', 'delivery', 'pushers', 'notifications'],
  keys: [...base, ...line, 'accounts', 'user-rules'],
  http: ['lib', 'language', 'config'],
  'client-api': [...base, ...stages, 'accounts', 'user-rules', 'http'],
  administration: [...base, ...stages, 'accounts', 'user-rules', 'http'],
  'console-api': [...base, ...line, 'keys', 'accounts', 'user-rules', 'http'],
  console: [...base, 'http'],
  'gateway-api': [...base, 'gateway', 'http'],
  process: [...base, 'gateway', 'http'],
  maintenance: [...base, 'media', 'notifications'],
  cli: ['app.ts', 'gateway-app.ts', 'gateway-app', 'config', 'lib'],
  'app.ts': [
    ...base,
    ...stages,
    'administration',
    'maintenance',
    'accounts',
    'user-rules',
    'http',
    'process',
    'gateway-app',
    'stages.ts',
  ],
  'stages.ts': [
    ...base,
    ...stages,
    'accounts',
    'user-rules',
    'http',
    'administration',
    'client-api',
    'console',
    'console-api',
    'gateway-api',
    'gateway-app',
    'process',
    'stages',
  ],
  stages: [
    ...base,
    ...stages,
    'accounts',
    'user-rules',
    'http',
    'administration',
    'client-api',
    'console',
    'console-api',
    'gateway-api',
    'gateway-app',
    'process',
  ],
  'gateway-app.ts': [...base, 'gateway', 'http', 'gateway-api', 'process', 'gateway-app'],
  'gateway-app': [...base, 'gateway', 'http', 'gateway-api', 'process'],
}

const root = fileURLToPath(new URL('../../', import.meta.url))
/** `file` imports `target`; `from` and `to` are their folders. */
type Edge = { from: string; to: string; file: string; target: string }

/** All specifiers of relative imports in a file: static, type, re-exported and dynamic ones. */
function specifiers(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"](\.[^'"]+)['"]/g)].map(
    (match) => match[1] as string,
  )
}

function edgesOf(file: string, text: string): Edge[] {
  return specifiers(text).map((specifier) => {
    const target = posix.join(posix.dirname(file), specifier)
    return { file, target, from: rowOf(file), to: rowOf(target) }
  })
}

/** The row of a file in the table: `src/rooms/sync/x.ts` belongs to `rooms`; `src/app.ts` has its own row. */
function rowOf(file: string): string {
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

/** The first cycle of imports, from a file back to itself; empty if there is none. */
function cycle(imports: Imports): string[] {
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
  test('no file imports from an earlier stage', () => {
    assert.deepEqual(edges.filter(isBackwards), [])
  })

  test('there are no import cycles', () => {
    assert.deepEqual(cycle(importsOf(edges)), [])
    const planted = { 'src/a.ts': ['src/b.ts'], 'src/b.ts': ['src/c.ts'], 'src/c.ts': ['src/b.ts'] }
    assert.deepEqual(cycle(new Map(Object.entries(planted))), ['src/b.ts', 'src/c.ts', 'src/b.ts'])
  })

  test('every folder is in the table, and every row of the table is a folder', () => {
    assert.deepEqual([...new Set(files.map(rowOf))].toSorted(), Object.keys(MAY_IMPORT).toSorted())
  })

  test('lint and this table refuse the same imports', () => {
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

  test('files and imports are found, and a violation is reported', () => {
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
