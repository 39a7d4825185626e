import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exportedTypes } from '../support/exported-types.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

const NO_TYPE = '–'
const STANDARD_TERMS = [
  'notification',
  'push',
  'poke',
  'pusher',
  'push key',
  'rule outcome',
  'delivery result',
  'attempt',
  'retry',
  'rate limit',
  'circuit breaker',
  'lease',
  'queue',
  'backlog',
]

/** One row of a table: a word, its meaning, and the type in backticks or `NO_TYPE`. */
type Row = { word: string; meaning: string; type: string }

function rowsOf(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| word '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, word = '', meaning = '', type = '']) => ({ word, meaning, type }))
}

/** The faults of the types that the rows name, one line each. */
function problemsIn(rows: readonly Row[], exported: ReadonlyMap<string, readonly string[]>): string[] {
  return rows.flatMap(({ word, type }) => {
    if (type === NO_TYPE) return []
    const name = /^`(\w+)(?:\['\w+'\])?`$/.exec(type)?.[1]
    if (name === undefined) return [`${word}: "${type}" is neither a type in backticks nor a dash`]
    const files = exported.get(name) ?? []
    if (files.length === 1) return []
    return [`${word}: ${name} is exported by ${files.length === 0 ? 'no file' : files.join(' and ')}`]
  })
}

describe('docs/glossary.md', () => {
  const rows = rowsOf(read('docs/glossary.md'))

  test('each type that the glossary names is exported by exactly one file of src/', () => {
    const exported = exportedTypes()
    assert.ok(exported.size > 200, `${exported.size} exported types`)
    assert.deepEqual(problemsIn(rows, exported), [])
  })

  test('an unknown type, a type of two files and a cell without a type are reported', () => {
    const exported = new Map([
      ['One', ['src/a.ts']],
      ['Two', ['src/a.ts', 'src/b.ts']],
    ])
    const row = (type: string): Row => ({ word: 'word', meaning: 'Meaning.', type })
    assert.deepEqual(problemsIn([row('`One`'), row("`One['key']`"), row(NO_TYPE)], exported), [])
    assert.equal(problemsIn([row('`None`'), row('`Two`'), row('One')], exported).length, 3)
  })

  test('each word and each type has one row, and each row has a meaning of one line', () => {
    const words = rows.map(({ word }) => word)
    const types = rows.map(({ type }) => type).filter((type) => type !== NO_TYPE)
    assert.deepEqual(words, [...new Set(words)])
    assert.deepEqual(types, [...new Set(types)])
    for (const { word, meaning } of rows) assert.match(meaning, /^\S.*\.$/, word)
  })

  test('the glossary has the standard terms of push notifications', () => {
    const words = new Set(rows.map(({ word }) => word))
    assert.deepEqual(
      STANDARD_TERMS.filter((term) => !words.has(term)),
      [],
    )
  })

  test('README, ARCHITECTURE and CONTRIBUTING link to the glossary', () => {
    for (const file of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])
      assert.ok(read(file).includes('](docs/glossary.md)'), file)
  })
})
