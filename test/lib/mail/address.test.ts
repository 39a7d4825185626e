import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalAddress } from '../../../src/lib/mail/address.ts'

test('an address has one canonical form', () => {
  for (const [text, canonical] of [
    ['Ada@Example.ORG', 'ada@example.org'],
    ["o'brien+tag@mail.example.co.uk", "o'brien+tag@mail.example.co.uk"],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['a@BÜCHER.example', 'a@xn--bcher-kva.example'],
    ['root@localhost', 'root@localhost'],
    [`${'x'.repeat(64)}@example.org`, `${'x'.repeat(64)}@example.org`],
  ] as const)
    assert.equal(canonicalAddress(text), canonical)
})

test('returns undefined for text that is not exactly one address', () => {
  for (const text of [
    '',
    '@',
    'a',
    'a@',
    '@b.c',
    'a b@c.d',
    'a@b c.d',
    ' a@b.c',
    'a@b.c\n',
    'a@b.c\r\nRCPT TO:<x@y.z>',
    'a@b.c,d@e.f',
    'a@b.c;d@e.f',
    'Ada <a@b.c>',
    'mailto:a@b.c',
    '<a@b.c>',
    '"a b"@c.d',
    'a..b@c.d',
    '.a@c.d',
    'a.@c.d',
    'a@b@c.d',
    'a@[127.0.0.1]',
    'a@127.0.0.1',
    'a@-b.c',
    'a@b..c',
    'a@b.c.',
    'a@b_c.d',
    'ä@b.c',
    'a@b.c\u0000',
    'a\u202e@b.c',
    `${'x'.repeat(65)}@example.org`,
    `a@${'x'.repeat(64)}.org`,
    `a@${'x.'.repeat(130)}org`,
  ])
    assert.equal(canonicalAddress(text), undefined, JSON.stringify(text))
})

test('every accepted address is plain ASCII without spaces, and canonical in itself', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.tuple(fc.string(), fc.domain()).map(([local, domain]) => `${local}@${domain}`),
    fc.emailAddress(),
  )
  fc.assert(
    fc.property(text, (one) => {
      const address = canonicalAddress(one)
      if (address === undefined) return
      assert.match(address, /^[!-~]+@[a-z0-9.-]+$/)
      assert.ok(address.length <= 254 && !/[<>(),;:"\\[\]A-Z]/.test(address))
      assert.equal(canonicalAddress(address), address)
    }),
  )
})
