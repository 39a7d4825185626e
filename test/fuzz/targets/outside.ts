import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { checkGatewayUrl, checkPushResource } from '../../../src/delivery/gateway-url.ts'
import { matchesHost } from '../../../src/gateway/host-globs.ts'
import { readEndpoint } from '../../../src/gateway/endpoint.ts'
import { makeIpPolicy } from '../../../src/lib/outbound/ip-policy.ts'
import { makeNoProxy } from '../../../src/lib/outbound/no-proxy.ts'
import { parseProxy } from '../../../src/lib/outbound/proxy.ts'
import { retryAfterMs } from '../../../src/lib/outbound/retry-after.ts'
import { candidatesOf, parseHosts, parseSearchRule } from '../../../src/lib/outbound/system-names.ts'
import { canonicalAddress } from '../../../src/lib/mail/address.ts'
import { readFrame } from '../../../src/cluster/frame.ts'
import { fuzzTarget, throwsOnly } from '../fuzz-target.ts'
import { json, near } from '../values.ts'

/** Addresses that no user may make the server call, by the tables of IANA and not by the code under test. */
const PRIVATE = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['2001::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6')

const hasPrivateHost = (url: URL) => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  if (version === 0) return false
  // BlockList compares a mapped address with the IPv4 networks itself.
  return PRIVATE.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

const host = fc.oneof(
  near(
    'push.example.org',
    'localhost',
    '127.0.0.1',
    '[::1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '0x7f.1',
    '2130706433',
  ),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map((address) => `[${address}]`),
)
const url = fc.oneof(
  fc
    .tuple(
      near('https', 'http', 'HTTPS', 'ftp', 'javascript'),
      host,
      near('/_matrix/push/v1/notify', '/UP?token=x', ''),
    )
    .map(([scheme, name, path]) => `${scheme}://${name}${path}`),
  near(
    'https://user:pass@push.example.org/_matrix/push/v1/notify',
    'https://push.example.org/_matrix/push/v1/notify#x',
    'https:\\\\127.0.0.1\\',
    'https:127.0.0.1',
  ),
)
const policy = makeIpPolicy([])

export const outsideTargets = [
  fuzzTarget('urls', 'URLs that users set: no address inside of the network is accepted', {
    values: url,
    async check(written) {
      const deps = { policy, lookup: async () => [] }
      for (const found of [await checkGatewayUrl(written, deps), await checkPushResource(written, deps)]) {
        if (found.kind === 'refused') {
          assert.ok(found.reason.length > 10)
          continue
        }
        const accepted = new URL(found.href)
        assert.equal(accepted.protocol, 'https:')
        assert.ok(!hasPrivateHost(accepted), found.href)
        assert.equal(accepted.username + accepted.password + accepted.hash, '')
      }
    },
  }),
  fuzzTarget('endpoints', 'addresses of push services, and lists of hosts', {
    values: fc.tuple(url, fc.array(near('push.example.org', '*.push.apple.com', '*'), { maxLength: 3 })),
    check([written, globs]) {
      const endpoint = readEndpoint(written)
      if (typeof endpoint === 'string') return
      assert.match(endpoint.protocol, /^https?:$/)
      assert.equal(typeof matchesHost(globs, endpoint.hostname), 'boolean')
    },
  }),
  fuzzTarget('ip-policy', 'IP addresses in any spelling', {
    values: fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6(),
      near('::127.0.0.1', '::ffff:10.0.0.1', '127.0.0.1', 'fe80::1%eth0', '2001:db8::1'),
    ),
    check(address) {
      if (!policy.allows(address)) return
      const version = isIP(address)
      assert.ok(version !== 0)
      assert.ok(!PRIVATE.check(address.split('%')[0] ?? '', version === 4 ? 'ipv4' : 'ipv6'), address)
    },
  }),
  fuzzTarget('ip-ranges', 'the networks that an operator allows', {
    values: near('10.0.0.0/8', '::1', '::ffff:10.0.0.0/104', 'fd00::/8', '192.168.1.1'),
    check(range) {
      const allowing = throwsOnly(RangeError, () => makeIpPolicy([range]))
      assert.equal(typeof (allowing ?? policy).allows('10.1.2.3'), 'boolean')
    },
  }),
  fuzzTarget('retry-after', 'the header Retry-After', {
    values: fc.oneof(
      near(
        '120',
        'Wed, 21 Oct 2026 07:28:00 GMT',
        'Wednesday, 21-Oct-26 07:28:00 GMT',
        'Wed Oct 21 07:28:00 2026',
      ),
      fc.constant(undefined),
    ),
    check(header) {
      const wait = retryAfterMs(header, Date.parse('2026-10-21T07:00Z'))
      assert.ok(wait === undefined || (wait >= 1000 && wait <= 3_600_000), `${wait} ms`)
    },
  }),
  fuzzTarget('proxies', 'addresses of proxies, and the hosts that are called without', {
    values: fc.tuple(
      near('http://proxy.example.org:3128', 'http://user:p%40ss@10.0.0.1', 'http://[::1]:80'),
      fc.array(near('example.org', '*.example.org', '10.0.0.0/8', '[::1]:80', 'localhost:8080'), {
        maxLength: 4,
      }),
    ),
    check([proxy, entries]) {
      const parsed = throwsOnly(RangeError, () => parseProxy(proxy))
      if (parsed !== undefined) assert.ok(parsed.host !== '' && parsed.port >= 0 && parsed.port <= 65_535)
      assert.equal(typeof makeNoProxy(entries)('a.example.org', 443), 'boolean')
    },
  }),
  fuzzTarget('hosts-files', '/etc/hosts and /etc/resolv.conf', {
    values: fc.tuple(
      near('127.0.0.1 localhost # x\n::1 ip6-localhost\n', '10.0.0.1\ta b c'),
      near('search a.example b.example.\noptions ndots:2\n'),
      near('push.example.org', 'host'),
    ),
    check([hosts, resolv, name]) {
      for (const addresses of parseHosts(hosts).values())
        assert.ok(addresses.every((address) => isIP(address) !== 0))
      const rule = parseSearchRule(resolv)
      assert.ok(rule.domains.length <= 6 && rule.ndots <= 15)
      assert.ok(candidatesOf(name, rule).length <= 7)
    },
  }),
  fuzzTarget('mail-addresses', 'e-mail addresses', {
    values: near('ada@example.org', 'a.b+c@bücher.example', 'A@B.C'),
    check(written) {
      const address = canonicalAddress(written)
      if (address === undefined) return
      assert.equal(canonicalAddress(address), address)
      assert.match(address, /^[\x21-\x7e]+$/)
      assert.ok(address.length <= 254)
    },
  }),
  fuzzTarget('bus-frames', 'texts on the bus between processes', {
    values: fc.oneof(
      near('["a",1,"news",[["topic","x"]]]', '["a",2,"beat"]'),
      json.map((value) => JSON.stringify(value)),
    ),
    check(written) {
      const frame = readFrame(written)
      assert.ok(frame === undefined || (typeof frame.from === 'string' && Number.isSafeInteger(frame.number)))
    },
  }),
]
