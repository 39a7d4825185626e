import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHostGlob, matchesHost } from '../../src/gateway/host-globs.ts'

const rows: [glob: string, host: string, matches: boolean][] = [
  ['push.example', 'push.example', true],
  ['push.example', 'PUSH.example.', true],
  ['push.example', 'a.push.example', false],
  ['push.example', 'pushxexample', false],
  ['*.push.example', 'a.push.example', true],
  ['*.push.example', 'b.a.push.example', true],
  ['*.push.example', 'push.example', false],
  ['*.push.example', 'evilpush.example', false],
  ['*.push.example', 'a.push.example.evil', false],
  ['*', 'anything.at.all', true],
  ['*', 'localhost', true],
  ['updates-*.push.example', 'updates-7.push.example', true],
  ['updates-*.push.example', 'updates-.push.example', true],
  ['updates-*.push.example', 'a.updates-7.push.example', false],
  ['updates-*.push.example', 'updates-7.x.push.example', false],
  ['push.*.example', 'push.eu.example', true],
  ['push.*.example', 'push.a.b.example', false],
  ['a*b*c.example', 'axxbxxc.example', true],
  ['a*b*c.example', 'axxc.example', false],
  ['ab*ba.example', 'aba.example', false],
  ['*example.com', 'myexample.com', true],
  ['*example.com', 'my.example.com', false],
]

for (const [glob, host, matches] of rows) {
  test(`${glob} ${matches ? 'matches' : 'does not match'} ${host}`, () =>
    assert.equal(matchesHost([glob], host), matches))
}

test('a host matches if any of several globs matches', () => {
  assert(matchesHost(['a.example', 'b.example'], 'b.example'))
  assert(!matchesHost([], 'b.example'))
})

test('a text that is not a host name is not a host glob', () => {
  for (const text of [
    '',
    'https://push.example',
    'push.example/x',
    'a..b',
    '.a',
    'push.example:443',
    'a b',
    '.+',
  ]) {
    assert.equal(isHostGlob(text), false, text)
  }
})
