import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FluentBundle, FluentResource } from '@fluent/bundle'
import { LANGUAGES } from '../../src/language/languages.ts'

const folder = fileURLToPath(new URL('../../src/console/', import.meta.url))
const code = globSync('page/**/*.ts', { cwd: folder })
  .map((file) => readFileSync(folder + file, 'utf8'))
  .join('\n')

/** The keys of a catalogue. */
function keysOf(text: string): string[] {
  return [...text.matchAll(/^([a-z][\w-]*) =/gm)].map(([, key]) => key as string)
}

/** The parameters that a message uses, by key. */
function parametersOf(text: string): Map<string, string[]> {
  const blocks = text.split(/^(?=[a-z][\w-]* =)/gm)
  return new Map(
    blocks.flatMap((block) => {
      const key = keysOf(block)[0]
      const names = [...block.matchAll(/\$(\w+)/g)].map(([, name]) => name as string)
      return key === undefined ? [] : [[key, [...new Set(names)].toSorted()] as const]
    }),
  )
}

const english = readFileSync(`${folder}words/en.ftl`, 'utf8')

describe('the words of the console', () => {
  test('the English catalogue has every key that the code names', () => {
    const named = [...code.matchAll(/\bt\(\s*'([\w-]+)'/g)].map(([, key]) => key as string)
    assert.ok(named.length > 60, `${named.length} keys`)
    assert.deepEqual(
      named.filter((key) => !keysOf(english).includes(key)),
      [],
    )
  })

  test('the code uses every key of the English catalogue', () => {
    // Keys that end with a word from data, such as `verdict-matched`.
    const starts = [...code.matchAll(/`([a-z-]+?)-?\$\{/g), ...code.matchAll(/keyOf\('([a-z]+)'/g)].map(
      ([, start]) => start as string,
    )
    const prefixes = [...new Set(starts)].filter((start) => start.length > 2)
    const unused = keysOf(english).filter(
      (key) => !code.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(`${prefix}-`)),
    )
    assert.deepEqual(unused, [])
  })

  test('every language of Belfry has a catalogue, and no other language has one', () => {
    const files = globSync('*.ftl', { cwd: `${folder}words` }).map((file) => file.slice(0, -'.ftl'.length))
    assert.deepEqual(files.toSorted(), [...LANGUAGES].toSorted())
  })

  for (const file of globSync('words/*.ftl', { cwd: folder })) {
    test(`${file} is well-formed, and has the keys and parameters of English`, () => {
      const text = readFileSync(folder + file, 'utf8')
      const bundle = new FluentBundle('en', { useIsolating: false })
      assert.deepEqual(bundle.addResource(new FluentResource(text)), [])
      assert.deepEqual(parametersOf(text), parametersOf(english))
      assert.deepEqual(
        keysOf(text).filter((key) => !bundle.hasMessage(key)),
        [],
      )
      assert.equal(new Set(keysOf(text)).size, keysOf(text).length, 'a key is there twice')
    })
  }
})
