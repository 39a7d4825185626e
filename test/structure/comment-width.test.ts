import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

const MOST_COLUMNS = 120
/** The arrows of a diagram of states, which may be wider. */
const DIAGRAM = /[─│▼]/

const isTooWide = (line: string) =>
  line.length > MOST_COLUMNS && /^\s*(?:\/\/|\/\*|\*)/.test(line) && !DIAGRAM.test(line)

test(`comments are at most ${MOST_COLUMNS} columns wide`, () => {
  const words = 'word '.repeat(MOST_COLUMNS / 5)
  for (const begin of ['// ', '/** ', ' * ']) assert.ok(isTooWide(`${begin}${words}`))
  assert.ok(!isTooWide(`// waiting ──▶ ${words}`))
  assert.ok(!isTooWide(`  const text = '${words}'`))
  const files = globSync('{src,test,bench,scripts,examples}/**/*.{ts,mts,mjs,js}', { cwd: root })
  assert.ok(files.length > 1500, `${files.length} files`)
  const wide = files.flatMap((file) =>
    readFileSync(`${root}${file}`, 'utf8')
      .split('\n')
      .flatMap((line, index) => (isTooWide(line) ? [`${file}:${index + 1}`] : [])),
  )
  assert.deepEqual(wide, [])
})
