import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'

import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { withoutFor } from '../../src/lib/outbound/no-proxy.ts'
import { parseProxy } from '../../src/lib/outbound/proxy.ts'
import { unifiedPush } from '../../src/gateway/unifiedpush/provider.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { httpsServer } from '../delivery/servers.ts'
import { afterTest } from '../support/after-test.ts'
import { eventually } from '../support/eventually.ts'
import { startForwardProxy } from '../support/forward-proxy.ts'
import { NOT_PUBLIC } from './addresses.ts'
import { startApnsFixture } from './apns/fixture.ts'
import { startFcmFixture } from './fcm/fixture.ts'
import { messageFor, openProvider } from './provider-fixture.ts'

const REFUSED = 'HTTP/1.1 502 Bad Gateway\r\n\r\n'

async function startProxy(t: TestContext) {
  const forward = await startForwardProxy()
  afterTest(t, () => forward[Symbol.asyncDispose]())
  return { forward, deps: { proxy: parseProxy(forward.url.replace('//', '//alice:secret@')) } }
}

suite('providers with an HTTP proxy', () => {
  test('APNs: TLS and HTTP/2 through a CONNECT tunnel', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { fake, send } = await startApnsFixture(t, { deps })
    assert.equal((await send()).kind, 'delivered')
    assert.equal((await send({ attempt: 2 })).kind, 'delivered')
    const authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`
    assert.deepEqual(forward.asked, [{ target: new URL(fake.url).host, authorization }])
  })

  test('APNs: the server certificate is verified through the tunnel', async (t) => {
    const { deps } = await startProxy(t)
    const { send } = await startApnsFixture(t, { deps, options: { ca_file: undefined } })
    assert.deepEqual(await send(), { kind: 'retry', reason: 'tls' })
  })

  test('APNs: a refused tunnel is a retry, and the next message opens a new tunnel', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { send } = await startApnsFixture(t, { deps })
    forward.refuse.push(REFUSED)
    assert.deepEqual(await send(), { kind: 'retry', reason: 'proxy' })
    assert.equal((await send()).kind, 'delivered')
  })

  test('APNs: a tunnel that does not open times out, and closing the provider aborts it', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { clock, provider, send } = await startApnsFixture(t, { deps })
    forward.refuse.push('hang', 'hang')
    const late = send()
    await eventually(() => forward.asked.length === 1)
    clock.advance(10_000)
    assert.deepEqual(await late, { kind: 'retry', reason: 'timeout' })
    const stopped = send()
    await eventually(() => forward.asked.length === 2)
    await provider[Symbol.asyncDispose]()
    assert.deepEqual(await stopped, { kind: 'retry', reason: 'stopped' })
  })

  test('FCM: messages and token requests use the proxy', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { fake, send } = await startFcmFixture(t, { deps })
    assert.equal((await send()).kind, 'delivered')
    const { host } = new URL(fake.url)
    assert.deepEqual(
      forward.asked.map(({ target }) => target),
      [host, host],
    )
    assert.equal(fake.granted(), 1)
  })

  test('APNs and FCM: a host in no_proxy is called directly', async (t) => {
    const { forward, deps } = await startProxy(t)
    const proxy = withoutFor(deps.proxy, ['127.0.0.0/8', 'localhost'])
    const apns = await startApnsFixture(t, { deps: { proxy } })
    assert.equal((await apns.send()).kind, 'delivered')
    const fcm = await startFcmFixture(t, { deps: { proxy } })
    assert.equal((await fcm.send()).kind, 'delivered')
    assert.deepEqual(forward.asked, [])
  })

  test('FCM: a refused tunnel is a retry', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { send } = await startFcmFixture(t, { deps })
    forward.refuse.push(REFUSED)
    assert.deepEqual(await send(), { kind: 'retry', reason: 'token: proxy' })
  })
})

suite('user-supplied addresses with an HTTP proxy', () => {
  const resultOn = async (t: TestContext, pushkey: string) => {
    const { forward, deps } = await startProxy(t)
    const { provider } = await openProvider(t, unifiedPush, {}, { ...deps, policy: makeIpPolicy([]) })
    const result = await provider.send(messageFor({ pushkey }), new AbortController().signal)
    return { ...result, asked: forward.asked.map(({ target }) => target) }
  }

  test('https: the proxy resolves the name, and the server certificate is verified', async (t) => {
    await using server = await httpsServer((_request, response) => response.end())
    const result = await resultOn(t, `https://push.example:${server.port}/up`)
    assert.deepEqual(result, { kind: 'retry', reason: 'tls', asked: [`push.example:${server.port}`] })
  })

  const refused = [
    ...NOT_PUBLIC,
    'https://localhost/x',
    'https://a.LOCALHOST./x',
    'http://push.example/x', // plain http needs an allowed address, and the address of a name is unknown behind a proxy
  ]
  test('addresses that are not public or not https are refused without a request to the proxy', async (t) => {
    for (const pushkey of refused) {
      const blocked = {
        kind: 'misconfigured',
        reason: 'blocked by the IP policy',
        isOfAddress: true,
        asked: [],
      }
      assert.deepEqual(await resultOn(t, pushkey), blocked, pushkey)
    }
  })
})

suite('the proxy setting', () => {
  const proxyOf = (file: object, env: Record<string, string> = {}) => {
    const sources = { argv: ['--config', 'x'], env, readFile: () => JSON.stringify(file) }
    return loadGatewayConfig(sources).config.gateway.proxy
  }
  const env = { HTTPS_PROXY: 'http://from-env:3' }
  const rows: [title: string, file: object, env: Record<string, string>, host: string | undefined][] = [
    ['no proxy by default', {}, {}, undefined],
    ['proxy, the key of Sygnal', { proxy: 'http://proxy:1' }, {}, 'proxy'],
    ['gateway.proxy', { gateway: { proxy: 'http://own-key:2' } }, {}, 'own-key'],
    ['HTTPS_PROXY when the file has no proxy', { proxy: null }, env, 'from-env'],
    ['the file takes precedence over HTTPS_PROXY', { proxy: 'http://proxy:1' }, env, 'proxy'],
    ['an empty HTTPS_PROXY is ignored', {}, { HTTPS_PROXY: '' }, undefined],
  ]
  for (const [title, file, given, host] of rows) {
    test(title, () => assert.equal(proxyOf(file, given)?.host, host))
  }

  test('an invalid proxy is a ConfigError that names the key and does not repeat the value', () => {
    const message = /^(?!.*secret).*gateway\.proxy.*expected http:/
    assert.throws(() => proxyOf({ proxy: 'socks5://alice:secret@x' }), { name: 'ConfigError', message })
    assert.throws(() => proxyOf({}, { HTTPS_PROXY: 'https://alice:secret@x' }), {
      name: 'ConfigError',
      message,
    })
  })
})
