import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { lookUp } from '../../src/language/choose.ts'
import { htmlOf } from '../../src/language/html-words.ts'
import { cutIsolated, isolate } from '../../src/language/isolate.ts'
import { createLoadWords } from '../../src/language/load-words.ts'
import { createWords, type MessageTable, parseCatalogue } from '../../src/language/words.ts'
import { safeHtml } from '../../src/lib/html.ts'

const table = { invited: { sender: 'text', room: 'text' }, plain: {} } as const satisfies MessageTable
const wordsIn = (tag: string, source: string) =>
  createWords<typeof table>(lookUp(tag) ?? { language: 'en', locale: 'en' }, parseCatalogue(source))
const words = wordsIn('en', 'invited = { $sender } invites you to { $room }\nplain = <b>Hello</b>')

describe('texts of users in a sentence', () => {
  test('stay as they are in a left-to-right sentence if they have no right-to-left letters', () => {
    assert.equal(words.text('invited', { sender: 'Zoë', room: '日本 1' }), 'Zoë invites you to 日本 1')
  })

  test('are isolated if they have right-to-left letters', () => {
    assert.equal(
      words.text('invited', { sender: 'سارة', room: 'Team (עברית)' }),
      '\u2068سارة\u2069 invites you to \u2068Team (עברית)\u2069',
    )
  })

  test('are always isolated in a right-to-left sentence', () => {
    assert.equal(isolate('Bob', 'rtl'), '\u2068Bob\u2069')
    assert.equal(isolate('!?', 'rtl'), '\u2068!?\u2069')
  })

  test('cannot end their isolate or turn the sentence around', () => {
    const hostile = `\u202eevil\u2069\u2066 א\u200f`
    assert.equal(isolate(hostile, 'ltr'), '\u2068evil א\u2069')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.match(isolate(text, 'rtl'), /^\u2068[^\u202a-\u202e\u2066-\u2069]*\u2069$/u)
      }),
    )
  })

  test('are closed when a text is cut', () => {
    assert.equal(cutIsolated('a \u2068אבגד\u2069 b', 5), 'a \u2068א…\u2069')
    assert.equal(cutIsolated('a \u2068אב\u2069 b', 20), 'a \u2068אב\u2069 b')
  })

  test('are in <bdi> in HTML, and no text becomes markup', () => {
    const values = { sender: '<i>', room: 'A & B' }
    assert.equal(
      htmlOf(words.pieces('invited', values), values).text,
      '<bdi>&lt;i&gt;</bdi> invites you to <bdi>A &amp; B</bdi>',
    )
    const given = { ...values, sender: safeHtml`<b>${'<'}</b>` }
    assert.match(htmlOf(words.pieces('invited', values), given).text, /^<b>&lt;<\/b> invites/)
    assert.equal(htmlOf(words.pieces('plain'), {}).text, '&lt;b&gt;Hello&lt;/b&gt;')
  })
})

test('dates, lists and numbers have the format of the locale', () => {
  const german = wordsIn('de-AT', '')
  assert.equal(german.time(1_800_000_000_000), '15. Jän. 2027, 08:00 UTC')
  assert.equal(german.list(['A', 'B', 'C']), 'A, B und C')
  assert.equal(german.number(1_234_567.5), '1\u00a0234\u00a0567,5')
})

test('a catalogue is read once, and words are created once for each locale', async () => {
  const wordsOf = createLoadWords('en')
  const [first, second, other] = await Promise.all([
    wordsOf('mail', ['de-AT']),
    wordsOf('mail', ['tlh', 'de_AT']),
    wordsOf('mail', ['de']),
  ])
  assert.equal(first, second)
  assert.notEqual(first, other)
  assert.equal((await wordsOf('mail', ['nonsense'])).language, 'en')
  assert.equal((await createLoadWords('de')('mail', ['nonsense'])).language, 'de')
})
