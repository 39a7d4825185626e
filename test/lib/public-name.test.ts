import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameKindOf } from '../../src/lib/public-name.ts'

const ROWS = {
  public: [
    'example.org',
    'EXAMPLE.ORG',
    'a.b.c.de',
    'xn--bcher-kva.ch',
    'belfry.xn--p1ai',
    'test.org',
    'lan.de',
    'my.host',
  ],
  special: [
    'x.invalid',
    'x.test',
    'x.TEST',
    'x.example',
    'x.localhost',
    'x.local',
    'x.lan',
    'x.home.arpa',
    'x.internal',
    'x.corp',
    'x.home',
    'x.intranet',
    'x.private',
    'x.localdomain',
    'x.onion',
    'x.alt',
    '1.0.0.127.in-addr.arpa',
  ],
  none: ['', 'localhost', 'belfry', '127.0.0.1', '[::1]', '::1', 'x..org', '.org', 'x.org.', 'x.1'],
} as const

for (const [kind, hosts] of Object.entries(ROWS))
  test(`nameKindOf returns "${kind}": ${hosts.join(' ')}`, () => {
    for (const host of hosts) assert.equal(nameKindOf(host), kind, host)
  })
