import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { safeHtml } from '../../src/lib/html.ts'

test('every value is escaped, and Html values are inserted unchanged', () => {
  const name = `<b class="x">'&'</b>`
  const inner = safeHtml`<i title="${name}">${name}</i>`
  const escaped = '&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;'
  assert.equal(inner.text, `<i title="${escaped}">${escaped}</i>`)
  assert.equal(
    safeHtml`<p>${inner}${undefined}${7}${[inner, '<']}</p>`.text,
    `<p>${inner.text}7${inner.text}&lt;</p>`,
  )
})

test('no text can leave its element or attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(safeHtml`${text}`.text, /[<>"']/)
    }),
  )
})
