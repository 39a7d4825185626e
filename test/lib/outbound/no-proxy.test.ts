import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeNoProxy } from '../../../src/lib/outbound/no-proxy.ts'

const ROWS: [entry: string, yes: string[], no: string[]][] = [
  [
    'example.org',
    ['example.org', 'EXAMPLE.org', 'a.b.example.org', 'example.org.'],
    ['badexample.org', 'org'],
  ],
  ['.example.org', ['example.org', 'a.example.org'], ['example.com']],
  ['*.example.org', ['example.org', 'a.example.org'], ['example.com']],
  ['example.org:8443', ['example.org:8443', 'a.example.org:8443'], ['example.org', 'example.org:443']],
  ['localhost', ['localhost', 'a.localhost'], ['localhosts']],
  ['10.1.2.3', ['10.1.2.3'], ['10.1.2.4', '110.1.2.3', 'x10.1.2.3']],
  ['10.1.2.3:80', ['10.1.2.3:80'], ['10.1.2.3']],
  ['10.0.0.0/8', ['10.255.0.1'], ['11.0.0.1', '10.example.org']],
  ['::1', ['[::1]'], ['[::2]']],
  ['[::1]:443', ['[::1]'], ['[::1]:80']],
  ['fd00::/8', ['[fd12::1]'], ['[fe80::1]', '10.0.0.1']],
  ['*', ['example.org', '10.0.0.1', '[::1]'], []],
  [' example.org ', ['example.org'], []],
  ['.', [], ['example.org']],
  ['http://example.org', [], ['example.org']],
]

const askedOf = (authority: string): [string, number] => {
  const { hostname, port } = new URL(`x://${authority}`)
  return [hostname, port === '' ? 443 : Number(port)]
}

for (const [entry, yes, no] of ROWS)
  test(`"${entry}" matches ${yes.join(', ') || 'nothing'} and does not match ${no.join(', ') || 'anything else'}`, () => {
    const matches = makeNoProxy([entry])
    for (const authority of yes) assert.equal(matches(...askedOf(authority)), true, authority)
    for (const authority of no) assert.equal(matches(...askedOf(authority)), false, authority)
  })

test('a list matches each of its entries, and an empty list matches nothing', () => {
  assert.equal(makeNoProxy(['a.org', 'b.org'])('b.org', 443), true)
  assert.equal(makeNoProxy([])('b.org', 443), false)
})
