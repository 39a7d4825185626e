import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { select, type Selectors } from '../../src/http/ranges.ts'

const ETAG = '"v1"'
const get = (headers: Selectors, size = 100) => select('GET', headers, { etag: ETAG, size })
const WHOLE = { kind: 'whole' }
const UNSATISFIABLE = { kind: 'unsatisfiable' }
const part = (start: number, end: number) => ({ kind: 'part', start, end })

const ranges: [condition: string, range: string, expected: object][] = [
  ['a range includes its last byte', 'bytes=0-9', part(0, 10)],
  ['a range of one byte', 'bytes=0-0', part(0, 1)],
  ['an open range goes to the end', 'bytes=90-', part(90, 100)],
  ['a range that ends beyond the content ends with the content', 'bytes=90-1000', part(90, 100)],
  ['the last position selects the last byte', 'bytes=99-', part(99, 100)],
  ['a suffix counts from the end', 'bytes=-10', part(90, 100)],
  ['a suffix longer than the content selects all of it', 'bytes=-1000', part(0, 100)],
  ['the unit is not case-sensitive', 'Bytes=0-9', part(0, 10)],
  ['space around a range is ignored', 'bytes= 0-9 ', part(0, 10)],
  ['an end with 400 digits', `bytes=0-${'9'.repeat(400)}`, part(0, 100)],
  ['a range that begins at the end is unsatisfiable', 'bytes=100-', UNSATISFIABLE],
  ['a range that begins beyond the end is unsatisfiable', 'bytes=500-600', UNSATISFIABLE],
  ['a suffix of zero bytes is unsatisfiable', 'bytes=-0', UNSATISFIABLE],
  ['several ranges select the whole content', 'bytes=0-1,5-6', WHOLE],
  ['a reversed range selects the whole content', 'bytes=9-0', WHOLE],
  ['another unit selects the whole content', 'lines=0-9', WHOLE],
  ['a range without numbers selects the whole content', 'bytes=-', WHOLE],
  ['an empty range selects the whole content', 'bytes=', WHOLE],
  ['signs and fractions select the whole content', 'bytes=+1-2.5', WHOLE],
]
for (const [condition, range, expected] of ranges)
  test(`Range ${range.slice(0, 20)}: ${condition}`, () => assert.deepEqual(get({ range }), expected))

test('for empty content a range is unsatisfiable, and a suffix selects all of it', () => {
  assert.deepEqual(get({ range: 'bytes=0-' }, 0), UNSATISFIABLE)
  assert.deepEqual(get({ range: 'bytes=-5' }, 0), WHOLE)
})

test('If-Range allows a range only for the same strong ETag', () => {
  const range = 'bytes=0-9'
  assert.deepEqual(get({ range, 'if-range': ETAG }), part(0, 10))
  for (const other of ['"v2"', 'W/"v1"', 'v1', 'Sat, 28 Nov 2026 01:00:00 GMT', ''])
    assert.deepEqual(get({ range, 'if-range': other }), WHOLE, other)
})

test('If-None-Match has precedence over Range', () => {
  for (const known of [ETAG, `W/${ETAG}`, `"v0", ${ETAG}`, '*'])
    assert.deepEqual(get({ 'if-none-match': known, range: 'bytes=500-' }), { kind: 'not modified' }, known)
  assert.deepEqual(get({ 'if-none-match': '"v0"', range: 'bytes=0-9' }), part(0, 10))
})

test('HEAD ignores Range and supports If-None-Match', () => {
  const head = (headers: Selectors) => select('HEAD', headers, { etag: ETAG, size: 100 })
  assert.deepEqual(head({ range: 'bytes=0-9' }), WHOLE)
  assert.deepEqual(head({ 'if-none-match': ETAG }), { kind: 'not modified' })
})

test('for random headers, a range lies inside the content and is not empty', () => {
  const text = fc.oneof(
    fc.tuple(fc.nat(300), fc.nat(300)).map(([from, to]) => `bytes=${from}-${to}`),
    fc.nat(300).map((length) => `bytes=-${length}`),
    fc.nat(300).map((from) => `bytes=${from}-`),
    fc.string(),
  )
  fc.assert(
    fc.property(text, fc.nat(200), (range, size) => {
      const selected = get({ range }, size)
      if (selected.kind !== 'part') return
      assert.ok(selected.start >= 0 && selected.start < selected.end && selected.end <= size)
    }),
  )
})
