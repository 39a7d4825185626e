import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { makeIpPolicy } from '../../../src/lib/outbound/ip-policy.ts'

const policy = makeIpPolicy([])

const BLOCKED_V4: Record<string, readonly [first: string, last: string]> = {
  '0.0.0.0/8': ['0.0.0.0', '0.255.255.255'],
  '10.0.0.0/8': ['10.0.0.0', '10.255.255.255'],
  '100.64.0.0/10': ['100.64.0.0', '100.127.255.255'],
  '127.0.0.0/8': ['127.0.0.1', '127.255.255.255'],
  '169.254.0.0/16': ['169.254.0.0', '169.254.169.254'],
  '172.16.0.0/12': ['172.16.0.0', '172.31.255.255'],
  '192.0.0.0/24': ['192.0.0.0', '192.0.0.255'],
  '192.0.2.0/24': ['192.0.2.0', '192.0.2.255'],
  '192.88.99.0/24': ['192.88.99.0', '192.88.99.255'],
  '192.168.0.0/16': ['192.168.0.0', '192.168.255.255'],
  '198.18.0.0/15': ['198.18.0.0', '198.19.255.255'],
  '198.51.100.0/24': ['198.51.100.0', '198.51.100.255'],
  '203.0.113.0/24': ['203.0.113.0', '203.0.113.255'],
  '224.0.0.0/4': ['224.0.0.0', '239.255.255.255'],
  '240.0.0.0/4': ['240.0.0.0', '255.255.255.255'],
}

const BLOCKED_V6: Record<string, readonly [first: string, last: string]> = {
  '::/96': ['::', '::ffff:ffff'],
  '::ffff:0:0:0/96': ['::ffff:0:0:0', '::ffff:0:8.8.8.8'],
  '64:ff9b::/96': ['64:ff9b::', '64:ff9b::8.8.8.8'],
  '64:ff9b:1::/48': ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  '100::/64': ['100::', '100::ffff:ffff:ffff:ffff'],
  '2001::/32': ['2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
  '2001:db8::/32': ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  '2002::/16': ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  '3fff::/20': ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  'fc00::/7': ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  'fe80::/10': ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  'fec0::/10': ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  'ff00::/8': ['ff00::', 'ff02::1'],
  unassigned: ['4000::1', 'efff::1'],
}

/** All IPv6 forms that contain an IPv4 address. */
function spellings(v4: string): Record<string, string> {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number)
  const high = ((a << 8) | b).toString(16)
  const low = ((c << 8) | d).toString(16)
  return {
    plain: v4,
    'mapped, dotted': `::ffff:${v4}`,
    'mapped, hexadecimal': `::ffff:${high}:${low}`,
    'mapped, in full': `0:0:0:0:0:ffff:${high}:${low}`,
    compatible: `::${v4}`,
    translated: `::ffff:0:${v4}`,
    '6to4': `2002:${high}:${low}::`,
    NAT64: `64:ff9b::${v4}`,
    'local NAT64': `64:ff9b:1::${high}:${low}`,
    'Teredo server': `2001:0:${high}:${low}::`,
    'Teredo client': `2001::${(0xffff ^ ((a << 8) | b)).toString(16)}:${(0xffff ^ ((c << 8) | d)).toString(16)}`,
  }
}

suite('without exceptions', () => {
  for (const [range, [first, last]] of Object.entries(BLOCKED_V4)) {
    test(`${range} is blocked in every spelling`, () => {
      for (const address of [first, last]) {
        for (const [spelling, text] of Object.entries(spellings(address))) {
          assert.equal(policy.allows(text), false, `${spelling}: ${text}`)
        }
      }
    })
  }

  for (const [range, ends] of Object.entries(BLOCKED_V6)) {
    test(`${range} is blocked`, () => {
      for (const address of ends) {
        assert.equal(policy.allows(address), false, address)
        assert.equal(policy.allows(address.toUpperCase()), false, address)
      }
    })
  }

  test('public addresses are allowed, including the neighbours of blocked ranges', () => {
    for (const address of [
      '1.1.1.1',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.1',
      '169.253.255.255',
      '172.15.255.255',
      '172.32.0.0',
      '192.0.1.1',
      '192.167.255.255',
      '198.20.0.0',
      '223.255.255.255',
      '::ffff:8.8.8.8',
      '2606:4700:4700::1111',
      '2a00:1450:4001:810::200e',
      '2003::1',
    ]) {
      assert.equal(policy.allows(address), true, address)
      assert.equal(policy.allowedByOperator(address), false, address)
    }
  })

  test('a public address inside a translating form is blocked', () => {
    const { plain: _plain, ...forms } = spellings('8.8.8.8')
    for (const [spelling, text] of Object.entries(forms)) {
      assert.equal(policy.allows(text), spelling.startsWith('mapped'), `${spelling}: ${text}`)
    }
  })

  test('text that is not an address in canonical spelling is blocked', () => {
    const odd = [
      '',
      ' ',
      'localhost',
      'example.org',
      '[::1]',
      '[2606:4700:4700::1111]',
      '8.8.8.8 ',
      '8.8.8.8.',
    ]
    const numeric = [
      '134744072',
      '0x8.8.8.8',
      '010.8.8.8',
      '8.8.8',
      '8.8.8.8/32',
      '8.8.8.256',
      '2606::1::1',
      '８.8.8.8',
    ]
    for (const text of [...odd, ...numeric]) assert.equal(policy.allows(text), false, JSON.stringify(text))
  })

  test('a zone does not hide a link-local address', () => {
    assert.equal(policy.allows('fe80::1%eth0'), false)
  })
})

suite('ranges of push.allow_ip_ranges', () => {
  test('allow only the addresses in the range, including their mapped spelling', () => {
    const open = makeIpPolicy(['127.0.0.0/8', 'fd00:1::/32', '192.168.7.7'])
    for (const address of ['127.0.0.1', '127.9.9.9', '::ffff:127.0.0.1', 'fd00:1::5', '192.168.7.7']) {
      assert.equal(open.allows(address), true, address)
      assert.equal(open.allowedByOperator(address), true, address)
    }
    for (const address of [
      '::1',
      '::127.0.0.1',
      '64:ff9b::127.0.0.1',
      '2002:7f00:1::',
      'fd00:2::5',
      '192.168.7.8',
    ]) {
      assert.equal(open.allows(address), false, address)
    }
  })

  test('can be written as mapped addresses', () => {
    const open = makeIpPolicy(['::ffff:10.0.0.0/104'])
    assert.equal(open.allows('10.200.0.1'), true)
    assert.equal(open.allows('11.0.0.1') && open.allowedByOperator('11.0.0.1'), false)
  })

  test('can allow one whole address family without the other', () => {
    assert.equal(makeIpPolicy(['0.0.0.0/0']).allows('::1'), false)
    assert.equal(makeIpPolicy(['::/0']).allows('127.0.0.1'), false)
    assert.equal(makeIpPolicy(['::/0']).allows('::1'), true)
  })

  test('are named in the error when they are invalid', () => {
    for (const text of [
      '',
      'localhost',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/-1',
      '10/8',
      '::/129',
      '1.2.3.4/8/8',
      '::ffff:10.0.0.0/95',
    ]) {
      assert.throws(() => makeIpPolicy(['10.0.0.0/8', text]), {
        name: 'RangeError',
        message: `not an IP range in CIDR notation: ${JSON.stringify(text)}`,
      })
    }
  })
})
