import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseKeyPath, valueAt } from '../../src/push-rules/key-path.ts'

describe('parseKeyPath', () => {
  const cases: [key: string, names: string[]][] = [
    ['content.body', ['content', 'body']],
    ['type', ['type']],
    ['content.m\\.relates_to.rel_type', ['content', 'm.relates_to', 'rel_type']],
    ['content.m\\\\foo', ['content', 'm\\foo']],
    ['content.a\\x', ['content', 'a\\x']],
    ['content.a\\', ['content', 'a\\']],
    ['content\\.body', ['content.body']],
    ['a\\\\.b', ['a\\', 'b']],
    ['a\\\\\\.b', ['a\\.b']],
    ['', ['']],
    ['.', ['', '']],
    ['a..b', ['a', '', 'b']],
  ]
  for (const [key, names] of cases) {
    it(`reads ${JSON.stringify(key)}`, () => assert.deepEqual(parseKeyPath(key).names, names))
  }

  it('parses every path that is escaped according to the specification', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '.', '\\', 'm', '🙂') })
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        const key = names.map((each) => each.replaceAll(/[.\\]/g, '\\$&')).join('.')
        assert.deepEqual(parseKeyPath(key).names, names)
      }),
    )
  })
})

describe('valueAt', () => {
  const event = JSON.parse(
    '{"":1,"content":{"list":["x"],"text":"abc","null":null,"m.x":{"y":2},"__proto__":{"own":3}},"a.b":4}',
  ) as unknown
  const cases: [key: string, value: unknown][] = [
    ['', 1],
    ['a\\.b', 4],
    ['a.b', undefined],
    ['content.m\\.x.y', 2],
    ['content.m.x.y', undefined],
    ['content.null', null],
    ['content.null.x', undefined],
    ['content.list.0', undefined],
    ['content.list.length', undefined],
    ['content.text.length', undefined],
    ['content.text.0', undefined],
    ['constructor', undefined],
    ['content.constructor.name', undefined],
    ['__proto__', undefined],
    ['content.__proto__.own', 3],
    ['content.toString', undefined],
  ]
  for (const [key, value] of cases) {
    it(`${JSON.stringify(key)} leads to ${JSON.stringify(value)}`, () => {
      assert.deepEqual(valueAt(event, parseKeyPath(key).names), value)
    })
  }

  it('returns undefined for a value that is not an object', () => {
    for (const root of [null, undefined, 1, 'text', true, [1]])
      assert.equal(valueAt(root, ['length']), undefined)
  })
})
