import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { checkGatewayUrl, checkPushResource, type GatewayUrlCheck } from '../../src/delivery/gateway-url.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'

const NAMES: Record<string, readonly string[]> = {
  'push.example.org': ['93.184.215.14', '2606:4700:4700::1111'],
  'mixed.example.org': ['93.184.215.14', '10.0.0.7'],
  'relay.internal': ['10.0.0.7', '10.0.0.8'],
  'half.internal': ['10.0.0.7', '93.184.215.14'],
  localhost: ['127.0.0.1', '::1'],
}

const lookup = async (hostname: string) => {
  const addresses = NAMES[hostname]
  if (addresses === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  return addresses
}

const check = (url: string, ranges: string[] = []) =>
  checkGatewayUrl(url, { policy: makeIpPolicy(ranges), lookup })

function assertRefused(result: GatewayUrlCheck, reason: RegExp) {
  assert.equal(result.kind, 'refused')
  assert.match(result.kind === 'refused' ? result.reason : '', reason)
}

const PATH = '/_matrix/push/v1/notify'

suite('a push resource', () => {
  const checkResource = (url: string, ranges: string[] = []) =>
    checkPushResource(url, { policy: makeIpPolicy(ranges), lookup })

  test('is accepted with any path over https, for a public address and for a name that does not resolve', async () => {
    for (const url of [
      'https://push.example.org/wpush/v2/x?y=1',
      'https://1.1.1.1/',
      'https://gone.example.org/x',
    ])
      assert.deepEqual(await checkResource(url), { kind: 'ok', href: url })
  })

  test('is refused for a private address and for plain http, unless the operator has allowed the address', async () => {
    for (const url of [
      'https://10.0.0.7/x',
      'https://mixed.example.org/x',
      'http://localhost/x',
      'https://[::1]/x',
    ])
      assertRefused(await checkResource(url), /blocked by the IP policy/)
    assertRefused(await checkResource('http://push.example.org/x'), /must use https/)
    assertRefused(await checkResource('http://gone.example.org/x'), /must use https/)
    const ranges = ['10.0.0.0/8']
    assert.equal((await checkResource('http://relay.internal/x', ranges)).kind, 'ok')
    assert.equal((await checkResource('https://10.0.0.7/x', ranges)).kind, 'ok')
    assertRefused(await checkResource('http://half.internal/x', ranges), /must use https/)
  })

  test('is refused with a user name or a fragment', async () => {
    assertRefused(await checkResource('https://a:b@push.example.org/x'), /user name/)
    assertRefused(await checkResource('https://push.example.org/x#y'), /fragment/)
  })
})

suite('by default', () => {
  test('accepts an https URL with the path of the specification, and returns its parsed form', async () => {
    assert.deepEqual(await check('HTTPS://Push.Example.ORG:443/x/..' + PATH), {
      kind: 'ok',
      href: 'https://push.example.org' + PATH,
    })
    assert.equal((await check(`https://push.example.org:8443${PATH}?app=1`)).kind, 'ok')
    assert.equal((await check(`https://1.1.1.1${PATH}`)).kind, 'ok')
    assert.equal((await check(`https://[2606:4700:4700::1111]${PATH}`)).kind, 'ok')
  })

  test('accepts a name that does not resolve', async () => {
    assert.equal((await check(`https://gone.example.org${PATH}`)).kind, 'ok')
  })

  test('refuses every notation of a private address, with the text of the policy', async () => {
    const hosts = [
      '127.0.0.1',
      '0x7f.1',
      '0177.0.0.1',
      '2130706433',
      '127.1',
      '127.0.0.1.',
      '0',
      '１２７.0.0.1',
      '10.0.0.1',
    ]
    const v6 = [
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::7f00:1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[fe80::1]',
    ]
    for (const host of [...hosts, ...v6, 'localhost', 'relay.internal']) {
      assertRefused(await check(`https://${host}${PATH}`), /blocked by the IP policy/)
      assertRefused(await check(`http://${host}${PATH}`), /blocked by the IP policy/)
    }
  })

  test('refuses a name with one private address among its addresses', async () => {
    assertRefused(await check(`https://mixed.example.org${PATH}`), /blocked by the IP policy/)
  })

  test('gives a reason without the resolved addresses', async () => {
    const result = await check(`https://relay.internal${PATH}`)
    assert.doesNotMatch(JSON.stringify(result), /10\.0/)
  })

  test('refuses plain http for public hosts and for names that do not resolve', async () => {
    for (const host of ['1.1.1.1', 'push.example.org', 'gone.example.org']) {
      assertRefused(await check(`http://${host}${PATH}`), /must use https/)
    }
  })

  test('refuses another path, and names the required path', async () => {
    for (const path of [
      '',
      '/',
      '/_matrix/push/v1/notify/',
      '/_matrix/push/v1/Notify',
      '/%5Fmatrix/push/v1/notify',
      '//_matrix/push/v1/notify',
    ]) {
      assertRefused(await check(`https://push.example.org${path}`), /\/_matrix\/push\/v1\/notify/)
    }
  })

  test('refuses user info, fragments, other schemes and invalid URLs', async () => {
    assertRefused(await check(`https://user@push.example.org${PATH}`), /user name/)
    assertRefused(await check(`https://:secret@push.example.org${PATH}`), /user name/)
    assertRefused(await check(`https://push.example.org${PATH}#x`), /fragment/)
    assertRefused(await check(`https://push.example.org${PATH}#`), /fragment/)
    assertRefused(await check(`ftp://push.example.org${PATH}`), /https/)
    assertRefused(await check('javascript:alert(1)'), /https/)
    for (const text of [
      '',
      'push.example.org',
      PATH,
      'https://',
      'https://[::1',
      'https://[fe80::1%25lo]/',
    ]) {
      assertRefused(await check(text), /not a valid URL/)
    }
  })
})

suite('inside push.allow_ip_ranges', () => {
  test('accepts plain http and any path', async () => {
    assert.deepEqual(await check('http://127.0.0.1:9000/hook', ['127.0.0.0/8']), {
      kind: 'ok',
      href: 'http://127.0.0.1:9000/hook',
    })
    assert.equal((await check('http://relay.internal/', ['10.0.0.0/8'])).kind, 'ok')
    assert.equal((await check('https://relay.internal/a?b', ['10.0.0.0/8'])).kind, 'ok')
    assert.equal((await check('http://localhost:1/', ['127.0.0.0/8', '::1'])).kind, 'ok')
  })

  test('refuses a host with an address outside the allowed ranges', async () => {
    assertRefused(await check('http://localhost:1/', ['127.0.0.0/8']), /blocked by the IP policy/)
    assertRefused(await check('http://half.internal/', ['10.0.0.0/8']), /must use https/)
    assertRefused(await check('https://half.internal/', ['10.0.0.0/8']), /path/)
    assert.equal((await check(`https://half.internal${PATH}`, ['10.0.0.0/8'])).kind, 'ok')
  })
})

test("accepts the server's own gateway at any address", async () => {
  const own = `http://127.0.0.1:8008${PATH}`
  const deps = { policy: makeIpPolicy([]), lookup, isOwnGateway: (url: URL) => url.href === own }
  assert.deepEqual(await checkGatewayUrl(own, deps), { kind: 'ok', href: own })
  assert.equal((await checkGatewayUrl(`http://127.0.0.1:8009${PATH}`, deps)).kind, 'refused')
})

test('treats a resolver that never responds like a name that does not resolve', async () => {
  const deps = { policy: makeIpPolicy([]), lookup: () => new Promise<never>(() => {}), lookupTimeoutMs: 5 }
  assert.equal((await checkGatewayUrl(`https://slow.example.org${PATH}`, deps)).kind, 'ok')
  assertRefused(await checkGatewayUrl(`http://slow.example.org${PATH}`, deps), /must use https/)
})
