import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

test('each promise of delivery names a test that is there', () => {
  const rows = read('docs/promises.md')
    .split('\n')
    .filter((line) => line.includes('| test/'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  assert.ok(rows.length > 30, 'the table was found')
  const missing = rows.filter(
    ([, , file = '', title = '']) => !titlesIn(file).some((one) => one.includes(title)),
  )
  assert.deepEqual(
    missing.map(([, promise, file, title]) => `${promise}: "${title}" in ${file}`),
    [],
  )
  assert.ok(!titlesIn('test/structure/promises.test.ts').some((one) => one.includes('of something else')))
})

/** The titles of the tests in a file, with what is inserted into them as it stands in the source. */
function titlesIn(file: string): string[] {
  return [...read(file).matchAll(/\btest\(\s*(['"`])(.*?)\1/gs)].map((match) => match[2] as string)
}
