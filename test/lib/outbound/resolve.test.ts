import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import {
  ABSENT_FOR_MS,
  boundLookup,
  LOOKUP_DEADLINE_MS,
  MAX_NAMES_IN_FLIGHT,
  SILENT_FOR_MS,
} from '../../../src/lib/outbound/bounded-lookup.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { type Lookup, NameError } from '../../../src/lib/outbound/lookup.ts'
import { createResolver } from '../../../src/lib/outbound/resolve.ts'
import { candidatesOf, parseHosts, parseSearchRule } from '../../../src/lib/outbound/system-names.ts'
import { temporaryFolder } from '../../support/databases.ts'
import { type DnsAnswer, startDnsServer } from '../../support/dns-server.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const absent = { name: 'NameError', code: 'ENOTFOUND' }
const silent = { name: 'NameError', code: 'EAI_AGAIN' }
const NO_ENTRIES = { '/etc/hosts': '', '/etc/resolv.conf': '' }

async function resolverWith(
  t: TestContext,
  answerFor: (name: string) => DnsAnswer,
  {
    clock = createManualClock(),
    ...files
  }: { clock?: ReturnType<typeof createManualClock> } & Partial<typeof NO_ENTRIES> = {},
) {
  const dns = await startDnsServer(t, answerFor)
  const folder = temporaryFolder(t)
  const [hostsFile, configFile] = [join(folder, 'hosts'), join(folder, 'resolv.conf')]
  writeFileSync(hostsFile, files['/etc/hosts'] ?? '')
  writeFileSync(configFile, files['/etc/resolv.conf'] ?? '')
  const servers = [dns.address]
  const lookup = createResolver({ clock, servers, hostsFile, configFile })
  return { dns, clock, lookup, hostsFile }
}

describe('createResolver', () => {
  test('queries the name servers for a name with addresses of one family', async (t) => {
    const { lookup } = await resolverWith(t, () => '192.0.2.7')
    assert.deepEqual(await lookup('Gateway.example'), ['192.0.2.7'])
  })

  test('reads the hosts file first, with all addresses of a name, and again after a change', async (t) => {
    const { lookup, dns, hostsFile } = await resolverWith(t, () => 'absent', {
      '/etc/hosts': '# comment\n192.0.2.1 gateway.lan gw  # comment\n2001:db8::1\tGateway.LAN\nnonsense gw\n',
    })
    assert.deepEqual(await lookup('gateway.lan'), ['192.0.2.1', '2001:db8::1'])
    assert.deepEqual(await lookup('GW'), ['192.0.2.1'])
    writeFileSync(hostsFile, '192.0.2.2 gateway.lan and-further-names')
    assert.deepEqual(await lookup('gateway.lan.'), ['192.0.2.2'])
    assert.deepEqual(dns.asked, [])
  })

  test('queries no name server for localhost and names that end in .invalid', async (t) => {
    const { lookup, dns } = await resolverWith(t, () => '192.0.2.7')
    assert.deepEqual(await lookup('localhost'), ['127.0.0.1', '::1'])
    assert.deepEqual(await lookup('deep.localhost.'), ['127.0.0.1', '::1'])
    await assert.rejects(lookup('push.invalid'), absent)
    assert.deepEqual(dns.asked, [])
  })

  test('applies the search rule of resolv.conf', async (t) => {
    const { lookup, dns } = await resolverWith(
      t,
      (name) => (name === 'gateway.two.example' ? '192.0.2.9' : 'absent'),
      { '/etc/resolv.conf': 'search one.example two.example.\n' },
    )
    assert.deepEqual(await lookup('gateway'), ['192.0.2.9'])
    assert.deepEqual(dns.asked, ['gateway.one.example', 'gateway.two.example'])
  })

  test('rejects with ENOTFOUND for a name that does not exist, and with EAI_AGAIN when its server fails', async (t) => {
    const { lookup } = await resolverWith(t, (name) => (name.startsWith('gone') ? 'absent' : 'broken'))
    await assert.rejects(lookup('gone.example'), absent)
    await assert.rejects(lookup('ill.example'), silent)
    await assert.rejects(lookup(`${'x'.repeat(64)}.example`), absent)
  })
})

test('unanswered names delay no other name and end at their deadline', async (t) => {
  const { lookup, dns, clock } = await resolverWith(t, (name) =>
    name.includes('silent') ? 'silent' : '192.0.2.7',
  )
  const names = Array.from({ length: 40 }, (_, n) => `n${n}.silent.example`)
  const outcomes = Promise.allSettled(names.map((name) => lookup(name)))
  await dns.waitFor(40, /silent/)
  assert.deepEqual(await lookup('gateway.example'), ['192.0.2.7'])
  clock.advance(LOOKUP_DEADLINE_MS)
  for (const outcome of await outcomes) assert.equal(outcome.status, 'rejected')
})

describe('boundLookup', () => {
  const bounded = (lookup: Lookup) => {
    const clock = createManualClock()
    return { clock, lookup: boundLookup(lookup, { clock }) }
  }

  test('parallel lookups of one name share one query', async () => {
    const asked: string[] = []
    const answer = Promise.withResolvers<string[]>()
    const { lookup } = bounded((name) => {
      asked.push(name)
      return answer.promise
    })
    const answers = Promise.all([lookup('gateway.example'), lookup('GATEWAY.example')])
    answer.resolve(['192.0.2.7'])
    assert.deepEqual(await answers, [['192.0.2.7'], ['192.0.2.7']])
    await lookup('gateway.example')
    assert.deepEqual(asked, ['gateway.example', 'gateway.example'], 'an address is not kept')
  })

  for (const [code, forMs] of [
    ['ENOTFOUND', ABSENT_FOR_MS],
    ['EAI_AGAIN', SILENT_FOR_MS],
  ] as const)
    test(`a name that failed with ${code} is not looked up again for a while`, async () => {
      let asked = 0
      const { lookup, clock } = bounded(async () => {
        asked++
        throw new NameError(code)
      })
      await assert.rejects(lookup('gone.example'), { code })
      clock.advance(forMs - 1)
      await assert.rejects(lookup('gone.example'), { code })
      assert.equal(asked, 1)
      clock.advance(1)
      await assert.rejects(lookup('gone.example'), { code })
      assert.equal(asked, 2)
    })

  test('the number of lookups in flight is limited, including those after their deadline', async () => {
    const answers: (() => void)[] = []
    const { lookup, clock } = bounded(
      () => new Promise((resolve) => answers.push(() => resolve(['192.0.2.7']))),
    )
    const names = Array.from({ length: MAX_NAMES_IN_FLIGHT }, (_, n) => `n${n}.example`)
    const late = Promise.allSettled(names.map((name) => lookup(name)))
    await assert.rejects(lookup('one-more.example'), silent)
    clock.advance(LOOKUP_DEADLINE_MS)
    await late
    await assert.rejects(lookup('another.example'), silent)
    answers.forEach((answer) => answer())
    await new Promise(setImmediate)
    const last = lookup('third.example')
    answers.at(-1)?.()
    assert.deepEqual(await last, ['192.0.2.7'])
  })
})

test('parses hosts and resolv.conf like the C library', () => {
  assert.deepEqual(parseHosts('127.0.0.1 localhost\n::1 localhost\n127.0.0.1 LOCALHOST').get('localhost'), [
    '127.0.0.1',
    '::1',
  ])
  const rule = parseSearchRule(
    'nameserver 192.0.2.1\ndomain old.example\nsearch a.example b.example c d e f g # seven\noptions timeout:1 ndots:2\n',
  )
  assert.deepEqual(rule, { domains: ['a.example', 'b.example', 'c', 'd', 'e', 'f'], ndots: 2 })
  const short = { domains: ['a.example'], ndots: 2 }
  assert.deepEqual(candidatesOf('x.y.z', short), ['x.y.z', 'x.y.z.a.example'])
  assert.deepEqual(candidatesOf('x.y', short), ['x.y.a.example', 'x.y'])
  assert.deepEqual(candidatesOf('x.y.', short), ['x.y'])
})

test('resolves the name of this machine from its own files', async () => {
  const lookup = createResolver({ clock: systemClock })
  assert.ok((await lookup('localhost')).includes('127.0.0.1'))
})
