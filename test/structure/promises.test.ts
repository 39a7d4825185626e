import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

test('each row of docs/promises.md names a test that exists', () => {
  const rows = read('docs/promises.md')
    .split('\n')
    .filter((line) => line.includes('| test/'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  assert.ok(rows.length > 30, 'the rows were found')
  const missing = rows.filter((cells) => {
    const [file = '', title = ''] = testOf(cells)
    return title === '' || !titlesIn(file).some((one) => one.includes(title))
  })
  assert.deepEqual(
    missing.map((cells) => `${cells[1]}: "${testOf(cells)[1]}" in ${testOf(cells)[0]}`),
    [],
  )
  assert.ok(!titlesIn('test/structure/promises.test.ts').some((one) => one.includes('of something else')))
})

/** The file and the title: two adjacent cells of a row. */
function testOf(cells: readonly string[]): string[] {
  const at = cells.findIndex((cell) => cell.startsWith('test/'))
  return cells.slice(at, at + 2)
}

/** The titles of the tests in a file, as source text with its placeholders. */
function titlesIn(file: string): string[] {
  return [...read(file).matchAll(/\btest\(\s*(['"`])(.*?)\1/gs)].map((match) => match[2] as string)
}
