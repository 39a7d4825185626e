import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { catalogueFile } from '../../src/language/load-words.ts'
import { type Domain, DOMAINS } from '../../src/language/domains.ts'
import { LANGUAGES } from '../../src/language/languages.ts'
import type { MessageTable } from '../../src/language/words.ts'
import { faultsOf } from './catalogue-faults.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const domains = Object.keys(DOMAINS) as Domain[]

describe('the catalogues', () => {
  for (const domain of domains)
    for (const language of LANGUAGES)
      test(`${domain}/${language} has every key, with its parameters and the plurals of its language`, () => {
        const source = readFileSync(catalogueFile(domain, language), 'utf8')
        assert.deepEqual(faultsOf(source, { table: DOMAINS[domain], language }), [])
      })

  test('there is a file for each domain and language, and no other', () => {
    const files = readdirSync(fileURLToPath(new URL('..', catalogueFile('mail', 'en'))), { recursive: true })
    assert.deepEqual(
      files
        .map(String)
        .filter((file) => file.endsWith('.ftl'))
        .toSorted(),
      domains.flatMap((domain) => LANGUAGES.map((language) => `${domain}/${language}.ftl`)).toSorted(),
    )
  })

  test('code uses every key', () => {
    const code = globSync('src/**/*.ts', { cwd: root })
      .filter((file) => file !== 'src/language/messages.ts')
      .map((file) => readFileSync(root + file, 'utf8'))
      .join('\n')
    assert.ok(code.includes(`'message-from'`), 'the code was found')
    const unused = domains.flatMap((domain) =>
      Object.keys(DOMAINS[domain]).filter((key) => !code.includes(`'${key}'`)),
    )
    assert.deepEqual(unused, [])
  })
})

describe('a catalogue is refused', () => {
  const table = { files: { count: 'number' }, from: { sender: 'text' } } as const satisfies MessageTable
  const right = `
files = { $count ->
    [one] { $count } plik
    [few] { $count } pliki
    [many] { $count } plików
   *[other] { $count } pliku
}
from = Od { $sender }
`
  const faults = (source: string) => faultsOf(source, { table, language: 'pl' })

  test('not if it is right', () => assert.deepEqual(faults(right), []))
  test('without a key', () =>
    assert.deepEqual(faults(right.replace('from = Od { $sender }', '')), ['from: missing']))
  test('with a key that the table does not have', () =>
    assert.deepEqual(faults(`${right}other = Inne`), ['other: not in the table']))
  test('without a parameter, or with another one', () => {
    assert.deepEqual(faults(right.replace('{ $sender }', '')), ['from: without { $sender }'])
    assert.deepEqual(faults(right.replace('Od {', '{ $room } {')), ['from: unknown { $room }'])
  })
  test('with a parameter that only some variants have', () =>
    assert.deepEqual(faults(right.replace('[one] { $count } plik', '[one] Plik')), []))
  test('without a plural category of the language', () =>
    assert.deepEqual(faults(right.replace('[few] { $count } pliki', '')), ['files: $count without [few]']))
  test('with a category that the language does not have', () =>
    assert.deepEqual(faults(right.replace('[few]', '[two] { $count } x\n    [few]')), [
      'files: $count with [two]',
    ]))
  test('without a selector for a number', () =>
    assert.deepEqual(faults('files = { $count } plik\nfrom = Od { $sender }'), [
      'files: $count without a plural',
    ]))
  test('with a message that the parser skips', () =>
    assert.deepEqual(faults(`${right}broken = { $`), ['broken: not parsed']))
})
