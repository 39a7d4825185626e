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
import { startRig as startApns } from './apns/fixture.ts'
import { startRig as startFcm } from './fcm/fixture.ts'
import { messageFor, openProvider } from './provider-fixture.ts'

const REFUSED = 'HTTP/1.1 502 Bad Gateway\r\n\r\n'

async function startProxy(t: TestContext) {
  const forward = await startForwardProxy()
  afterTest(t, () => forward[Symbol.asyncDispose]())
  return { forward, deps: { proxy: parseProxy(forward.url.replace('//', '//ann:secret@')) } }
}

suite('providers through a proxy', () => {
  test('APNs: TLS and HTTP/2 through a tunnel', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { fake, send } = await startApns(t, { deps })
    assert.equal((await send()).kind, 'delivered')
    assert.equal((await send({ attempt: 2 })).kind, 'delivered')
    const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`
    assert.deepEqual(forward.asked, [{ target: new URL(fake.url).host, authorization }])
  })

  test('APNs: the certificate is looked at there as well', async (t) => {
    const { deps } = await startProxy(t)
    const { send } = await startApns(t, { deps, options: { ca_file: undefined } })
    assert.deepEqual(await send(), { kind: 'retry', reason: 'tls' })
  })

  test('APNs: a tunnel that is refused is tried again with the next message', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { send } = await startApns(t, { deps })
    forward.refuse.push(REFUSED)
    assert.deepEqual(await send(), { kind: 'retry', reason: 'proxy' })
    assert.equal((await send()).kind, 'delivered')
  })

  test('APNs: a tunnel that never comes, and the end while it does not', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { clock, provider, send } = await startApns(t, { deps })
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

  test('FCM: messages, and the tokens for them', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { fake, send } = await startFcm(t, { deps })
    assert.equal((await send()).kind, 'delivered')
    const { host } = new URL(fake.url)
    assert.deepEqual(
      forward.asked.map(({ target }) => target),
      [host, host],
    )
    assert.equal(fake.granted(), 1)
  })

  test('APNs and FCM: a host of no_proxy is called directly', async (t) => {
    const { forward, deps } = await startProxy(t)
    const proxy = withoutFor(deps.proxy, ['127.0.0.0/8', 'localhost'])
    const apns = await startApns(t, { deps: { proxy } })
    assert.equal((await apns.send()).kind, 'delivered')
    const fcm = await startFcm(t, { deps: { proxy } })
    assert.equal((await fcm.send()).kind, 'delivered')
    assert.deepEqual(forward.asked, [])
  })

  test('FCM: a tunnel that is refused', async (t) => {
    const { forward, deps } = await startProxy(t)
    const { send } = await startFcm(t, { deps })
    forward.refuse.push(REFUSED)
    assert.deepEqual(await send(), { kind: 'retry', reason: 'token: proxy' })
  })
})

suite('addresses that users choose, through a proxy', () => {
  const resultOn = async (t: TestContext, pushkey: string) => {
    const { forward, deps } = await startProxy(t)
    const { provider } = await openProvider(t, unifiedPush, {}, { ...deps, policy: makeIpPolicy([]) })
    const result = await provider.send(messageFor({ pushkey }), new AbortController().signal)
    return { ...result, asked: forward.asked.map(({ target }) => target) }
  }

  test('over https the proxy resolves the name, and the certificate has to fit', async (t) => {
    await using server = await httpsServer((_request, response) => response.end())
    const result = await resultOn(t, `https://push.example:${server.port}/up`)
    assert.deepEqual(result, { kind: 'retry', reason: 'tls', asked: [`push.example:${server.port}`] })
  })

  const refused = [
    ...NOT_PUBLIC,
    'https://localhost/x',
    'https://a.LOCALHOST./x',
    'http://push.example/x', // whether the operator has allowed its address cannot be seen
  ]
  test('what is not public, or not over https, does not reach the proxy', async (t) => {
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

suite('which proxy', () => {
  const proxyOf = (file: object, env: Record<string, string> = {}) => {
    const sources = { argv: ['--config', 'x'], env, readFile: () => JSON.stringify(file) }
    return loadGatewayConfig(sources).config.gateway.proxy
  }
  const env = { HTTPS_PROXY: 'http://from-env:3' }
  const rows: [title: string, file: object, env: Record<string, string>, host: string | undefined][] = [
    ['none', {}, {}, undefined],
    ["Sygnal's key", { proxy: 'http://proxy:1' }, {}, 'proxy'],
    ['our key', { gateway: { proxy: 'http://ours:2' } }, {}, 'ours'],
    ['the environment, when the file has none', { proxy: null }, env, 'from-env'],
    ['the file before that', { proxy: 'http://proxy:1' }, env, 'proxy'],
    ['an empty one', {}, { HTTPS_PROXY: '' }, undefined],
  ]
  for (const [title, file, given, host] of rows) {
    test(title, () => assert.equal(proxyOf(file, given)?.host, host))
  }

  test('one that is none is refused by its key, and not repeated', () => {
    const message = /^(?!.*secret).*gateway\.proxy.*expected http:/
    assert.throws(() => proxyOf({ proxy: 'socks5://ann:secret@x' }), { name: 'ConfigError', message })
    assert.throws(() => proxyOf({}, { HTTPS_PROXY: 'https://ann:secret@x' }), {
      name: 'ConfigError',
      message,
    })
  })
})
