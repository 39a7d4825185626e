import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { acceptedTags, chooseLanguage, lookUp } from '../../src/language/choose.ts'
import { LANGUAGES } from '../../src/language/languages.ts'

const languageOf = (tag: string) => lookUp(tag)?.language

describe('the language for a tag', () => {
  test('is found by shortening the tag from its end', () => {
    assert.equal(languageOf('de'), 'de')
    assert.equal(languageOf('de-AT'), 'de')
    assert.equal(languageOf('de-Latn-CH-1996'), 'de')
    assert.equal(languageOf('EN-gb'), 'en')
    assert.equal(languageOf('de-DE-u-co-phonebk-x-private'), 'de')
  })

  test('is found in the spelling of C, Java and Android', () => {
    assert.equal(languageOf('de_AT'), 'de')
    assert.equal(languageOf('de_DE.UTF-8'), 'de')
    assert.equal(languageOf('en_US@posix'), 'en')
  })

  test('is absent for a language without catalogues and for text that is no tag', () => {
    for (const tag of [
      'tlh',
      'x-private',
      '',
      '-',
      '*',
      'klingonese-please',
      '<b>',
      'e',
      'C',
      '12',
      '__proto__',
    ])
      assert.equal(lookUp(tag), undefined, tag)
    assert.equal(lookUp('constructor'), undefined)
  })

  test('is absent or one of the languages for every text, and every locale is one that Intl knows', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z]{2,3}([-_][a-z0-9]{1,9}){0,9}$/)),
        (text) => {
          const found = lookUp(text)
          if (found === undefined) return
          assert.ok(LANGUAGES.includes(found.language))
          assert.equal(new Intl.DateTimeFormat(found.locale).resolvedOptions().locale, found.locale)
        },
      ),
    )
  })

  test('every language is found by its name', () => {
    for (const language of LANGUAGES) assert.deepEqual(lookUp(language), { language, locale: language })
  })
})

test('the locale has the region of the tag, if Intl knows it, and no extension', () => {
  assert.deepEqual(lookUp('de-AT'), { language: 'de', locale: 'de-AT' })
  assert.deepEqual(lookUp('de-ZZ'), { language: 'de', locale: 'de' })
  assert.deepEqual(lookUp('en-GB-u-ca-buddhist-nu-thai'), { language: 'en', locale: 'en-GB' })
})

test('the first tag with a language is chosen, else the fallback', () => {
  assert.deepEqual(chooseLanguage(['tlh', 'de-CH', 'en'], 'en'), { language: 'de', locale: 'de-CH' })
  assert.deepEqual(chooseLanguage(['tlh', '?'], 'de'), { language: 'de', locale: 'de' })
  assert.deepEqual(chooseLanguage([], 'en'), { language: 'en', locale: 'en' })
})

test('Accept-Language is read in the order of its qualities', () => {
  assert.deepEqual(acceptedTags('fr;q=0.5, de-AT , en;q=0.8,*;q=0.1'), ['de-AT', 'en', 'fr'])
  assert.deepEqual(acceptedTags('de;q=0, en;q=x, ;q=1, fr; q=0.3'), ['fr'])
  assert.deepEqual(acceptedTags(undefined), [])
  assert.ok(acceptedTags('de,'.repeat(10_000)).length <= 20)
})
