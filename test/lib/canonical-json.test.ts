import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalJson, NotCanonicalError } from '../../src/lib/canonical-json.ts'
import type { Json } from '../../src/lib/json.ts'

describe('canonicalJson', () => {
  // The examples of the Matrix appendices, "Canonical JSON".
  for (const [given, expected] of [
    ['{}', '{}'],
    ['{"one": 1, "two": "Two"}', '{"one":1,"two":"Two"}'],
    ['{"b": "2", "a": "1"}', '{"a":"1","b":"2"}'],
    [
      '{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe", "three_pids": [{"medium": "email", "address": "john.doe@example.org"}]}}}',
      '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"}]},"success":true}}',
    ],
    ['{"a": "日本語"}', '{"a":"日本語"}'],
    ['{"本": 2, "日": 1}', '{"日":1,"本":2}'],
    ['{"a": "\\u65E5"}', '{"a":"日"}'],
    ['{"a": null}', '{"a":null}'],
    ['{"a": -0, "b": 1e10}', '{"a":0,"b":10000000000}'],
  ] as const) {
    test(`writes ${given} as the specification does`, () => {
      assert.equal(canonicalJson(JSON.parse(given) as Json), expected)
    })
  }

  test('orders keys by code point, where the default order of strings differs', () => {
    assert.equal(canonicalJson({ '\u{10000}': 1, '\uffff': 2, a: 3 }), '{"a":3,"\uffff":2,"\u{10000}":1}')
  })

  test('escapes control characters in the short form where there is one', () => {
    assert.equal(canonicalJson({ a: '\n\u0001"\\/' }), '{"a":"\\n\\u0001\\"\\\\/"}')
  })

  test('refuses fractions and integers that a double cannot hold', () => {
    for (const value of [0.5, 2 ** 53, -(2 ** 53)])
      assert.throws(() => canonicalJson({ value: [value] }), NotCanonicalError)
    assert.equal(canonicalJson(2 ** 53 - 1), '9007199254740991')
  })
})
