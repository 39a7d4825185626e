import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileQuery, postgresDialect, type Query, sqliteDialect } from '../../src/storage/query.ts'
import { postgresBuilder } from '../../src/storage/postgres-queries.ts'
import { sqliteBuilder } from '../../src/storage/sqlite-queries.ts'

// The SQL of each query in both dialects, so that changes of it are visible in a review.
// `UPDATE_SNAPSHOTS=1 npm test -- test/storage/queries.test.ts` writes the snapshot.
const SNAPSHOT = fileURLToPath(new URL('queries.snapshot.txt', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))

function isQuery(value: unknown): value is Query<never, unknown> {
  return typeof value === 'object' && value !== null && 'build' in value && typeof value.build === 'function'
}

async function allQueries(): Promise<{ name: string; query: Query<never, unknown> }[]> {
  const found: { name: string; query: Query<never, unknown> }[] = []
  for (const file of globSync('src/**/*.ts', { cwd: root }).toSorted()) {
    if (!/\b(query|insertQuery)[<(]/.test(readFileSync(root + file, 'utf8'))) continue
    if (file === 'src/storage/query.ts') continue
    const module = (await import(root + file)) as Record<string, unknown>
    for (const [name, query] of Object.entries(module))
      if (isQuery(query)) found.push({ name: `${file} ${name}`, query })
  }
  return found
}

test('the SQL of each query equals the snapshot', async () => {
  const queries = await allQueries()
  assert.ok(queries.length > 60, `${queries.length} queries`)
  const text = queries
    .map(({ name, query }) => {
      const sqlite = compileQuery(sqliteBuilder, sqliteDialect, query).sql
      const postgres = compileQuery(postgresBuilder, postgresDialect, query).sql
      return `${name}\n  sqlite:   ${sqlite}\n  postgres: ${postgres}\n`
    })
    .join('\n')
  if (process.env['UPDATE_SNAPSHOTS']) writeFileSync(SNAPSHOT, text)
  assert.equal(
    text,
    readFileSync(SNAPSHOT, 'utf8'),
    'a query has changed: review it, then run with UPDATE_SNAPSHOTS=1',
  )
})

test('no statement of SQLite has a bare parameter as its limit, with which it would be planned again at each run', async () => {
  for (const { name, query } of await allQueries())
    assert.doesNotMatch(compileQuery(sqliteBuilder, sqliteDialect, query).sql, /\blimit +\?/i, name)
})

test('each query is exported, so that the snapshot contains it', () => {
  for (const file of globSync('src/**/*.ts', { cwd: root })) {
    const text = readFileSync(root + file, 'utf8')
    const hidden = [...text.matchAll(/^const (\w+) = (?:query|insertQuery)[<(]/gm)].map((match) => match[1])
    assert.deepEqual(hidden, [], file)
  }
})
