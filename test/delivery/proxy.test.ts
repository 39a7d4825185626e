import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { makePokeAgent } from '../../src/delivery/poke-agent.ts'
import { makePokeSender } from '../../src/delivery/send-poke.ts'
import { createLog } from '../../src/lib/log.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { withoutFor } from '../../src/lib/outbound/no-proxy.ts'
import { parseProxy } from '../../src/lib/outbound/proxy.ts'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, registerUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startForwardProxy } from '../support/forward-proxy.ts'
import { startPushService } from '../support/push-service.ts'
import { startTestServer } from '../support/server.ts'
import { NOT_PUBLIC } from '../gateway/addresses.ts'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts'
import { httpServer, httpsServer, PATH } from './servers.ts'

// A home server that reaches the internet only through a proxy.

async function startProxy(t: TestContext) {
  const forward = await startForwardProxy()
  afterTest(t, () => forward[Symbol.asyncDispose]())
  return { forward, targets: () => forward.asked.map(({ target }) => target) }
}

/**
 * Starts an HTTPS and an HTTP server that receive pokes. Only the proxy can resolve the name `gateway.test`
 * of `url`.
 */
async function startReceivers(t: TestContext) {
  const received: string[] = []
  const listener =
    (name: string) => (request: NodeJS.ReadableStream, response: { end(text: string): void }) => {
      request.resume().on('end', () => {
        received.push(name)
        response.end('{"rejected":[]}')
      })
    }
  const secure = await httpsServer(listener('secure') as Parameters<typeof httpsServer>[0])
  const plain = await httpServer(listener('plain') as Parameters<typeof httpServer>[0])
  afterTest(t, () => secure[Symbol.asyncDispose]())
  afterTest(t, () => plain[Symbol.asyncDispose]())
  return { received, secure, plain, url: `https://gateway.test:${secure.port}${PATH}` }
}

const SETTINGS: [title: string, env: (url: string) => Record<string, string>][] = [
  ['push.proxy', (url) => ({ BELFRY_PUSH_PROXY: url })],
  ['HTTPS_PROXY', (url) => ({ HTTPS_PROXY: url })],
  ['https_proxy', (url) => ({ https_proxy: url })],
]

suite('the pokes of a home server', () => {
  for (const [title, envFor] of SETTINGS)
    test(`go through the proxy of ${title}, and to the operator's own networks directly`, async (t) => {
      const { forward, targets } = await startProxy(t)
      const { received, url, plain } = await startReceivers(t)
      const service = await startPushService({
        tls: { cert: CERTIFICATE, key: PRIVATE_KEY },
        host: 'gateway.test',
      })
      afterTest(t, () => service[Symbol.asyncDispose]())
      const data = newDataFolder(t)
      writeFileSync(join(data, 'ca.pem'), CERTIFICATE)
      const lines: string[] = []
      const log = createLog({ level: 'info', stream: { write: (line: string) => void lines.push(line) } })
      const withPassword = forward.url.replace('//', '//user:secret@')
      const { url: server } = await startTestServer(t, {
        data,
        flags: ['--extra-ca', join(data, 'ca.pem')],
        env: envFor(withPassword),
        environment: { log },
      })
      const [alice, bob] = [await registerUser(server, 'alice'), await registerUser(server, 'bob')]
      const room = await alice.createRoom({ preset: 'public_chat' })
      await bob.post(`/join/${encodeURIComponent(room)}`)
      const set = (fields: object) =>
        bob.try(
          'POST',
          '/pushers/set',
          foundingPusher('', { append: true, instance_handle: undefined, ...fields }),
        )
      assert.equal((await set({ pushkey: 'one', data: { url } })).status, 200)
      assert.equal((await set({ pushkey: 'two', data: { url: plain.url } })).status, 200)
      const { endpoint, keys } = service.subscribe()
      const browser = {
        kind: 'webpush',
        app_id: 'web',
        pushkey: keys.p256dh,
        data: { url: endpoint, auth: keys.auth },
      }
      assert.equal((await set(browser)).status, 201)
      await alice.say(room, 'hello')
      await eventually(() => received.length === 2 && service.received.length === 1)
      assert.deepEqual(received.toSorted(), ['plain', 'secure'])
      assert.deepEqual(targets().toSorted(), [new URL(url).host, new URL(service.origin).host].toSorted())
      assert.match(forward.asked[0]?.authorization ?? '', /^Basic /)
      assert.ok(lines.some((line) => line.includes('pokes go through a proxy')))
      assert.ok(lines.every((line) => !line.includes('secret')))
    })

  test('to its own gateway use no proxy', async (t) => {
    const { targets } = await startProxy(t)
    const { url: server } = await startTestServer(t, { env: { HTTPS_PROXY: 'http://127.0.0.1:1' } })
    const [alice, bob] = [await registerUser(server, 'alice'), await registerUser(server, 'bob')]
    const room = await alice.createRoom({ preset: 'public_chat' })
    await bob.post(`/join/${encodeURIComponent(room)}`)
    const own = { pushkey: 'k', app_id: 'org.belfry.inbox', data: { url: server + PATH } }
    await bob.post('/pushers/set', foundingPusher('', own))
    await alice.say(room, 'hello')
    await eventually(async () => {
      const { pushers } = (await bob.get('/pushers')) as {
        pushers: { 'org.belfry.status': { last_success_at: number | null } }[]
      }
      return pushers[0]?.['org.belfry.status'].last_success_at !== null
    })
    assert.deepEqual(targets(), [])
  })
})

suite('the IP policy and a proxy', () => {
  const poke = {
    notification: { event_id: '$e', devices: [{ app_id: 'a', pushkey: 'k', pushkey_ts: 0, data: {} }] },
  } as never

  async function makeSender(
    t: TestContext,
    {
      allowed = [],
      noProxy = [],
      lookup,
    }: { allowed?: string[]; noProxy?: string[]; lookup?: () => Promise<string[]> },
  ) {
    const { forward, targets } = await startProxy(t)
    const agent = makePokeAgent({
      policy: makeIpPolicy(allowed),
      proxy: withoutFor(parseProxy(forward.url), noProxy),
      ca: [CERTIFICATE],
      lookup: lookup ?? (() => Promise.reject(new Error('only the proxy resolves names'))),
    })
    afterTest(t, () => agent[Symbol.asyncDispose]())
    const send = makePokeSender({ agent })
    const faultOn = async (url: string) => {
      const result = await send(url, poke)
      return result.kind === 'delivered' ? 'sent' : result.reason
    }
    return { forward, targets, faultOn }
  }

  test('does not send a private address in any notation to the proxy', async (t) => {
    const { targets, faultOn } = await makeSender(t, {})
    const local = ['https://localhost', 'https://a.LOCALHOST.'].map((origin) => origin + PATH)
    for (const url of [...NOT_PUBLIC.map((one) => new URL(PATH, one).href), ...local])
      assert.equal(await faultOn(url), 'blocked by the IP policy', url)
    assert.deepEqual(targets(), [])
  })

  test('does not send plain http and other paths to the proxy by name, because the resolved address cannot be checked', async (t) => {
    const { targets, faultOn } = await makeSender(t, { allowed: ['127.0.0.0/8'] })
    for (const url of [`http://push.example${PATH}`, 'https://push.example/other'])
      assert.equal(await faultOn(url), 'blocked by the IP policy', url)
    assert.deepEqual(targets(), [])
  })

  test('checks the certificate of the destination behind the proxy', async (t) => {
    const { secure } = await startReceivers(t)
    const { targets, faultOn } = await makeSender(t, {})
    assert.equal(await faultOn(`https://push.example:${secure.port}${PATH}`), 'tls')
    assert.equal(await faultOn(`https://gateway.test:${secure.port}${PATH}`), 'sent')
    assert.deepEqual(targets(), [`push.example:${secure.port}`, `gateway.test:${secure.port}`])
  })

  test('calls a host of no_proxy directly, only if the policy allows its addresses', async (t) => {
    const { secure } = await startReceivers(t)
    const url = `https://gateway.test:${secure.port}${PATH}`
    const options = { noProxy: ['gateway.test'], lookup: async () => ['127.0.0.1'] }
    const strict = await makeSender(t, options)
    assert.equal(await strict.faultOn(url), 'blocked by the IP policy')
    const allowed = await makeSender(t, { ...options, allowed: ['127.0.0.1'] })
    assert.equal(await allowed.faultOn(url), 'sent')
    assert.deepEqual([...strict.targets(), ...allowed.targets()], [])
  })

  test('reports a proxy that refuses or is unreachable with a fixed word, and retries', async (t) => {
    const { secure } = await startReceivers(t)
    const { forward, faultOn } = await makeSender(t, {})
    forward.refuse.push('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const url = `https://gateway.test:${secure.port}${PATH}`
    assert.equal(await faultOn(url), 'proxy')
    assert.equal(await faultOn(url), 'sent')
  })
})

suite('the proxy of a home server', () => {
  const load = (env: Record<string, string>, file: object = {}) =>
    loadConfig({
      argv: ['--config', 'x'],
      env,
      readFile: () => JSON.stringify(file),
    })
  const proxyHosts = ({ push, gateway }: ReturnType<typeof load>) => [push.proxy?.host, gateway.proxy?.host]

  test('is absent by default', () => assert.deepEqual(proxyHosts(load({})), [undefined, undefined]))
  test('HTTPS_PROXY applies to pokes and to the own gateway', () =>
    assert.deepEqual(proxyHosts(load({ HTTPS_PROXY: 'http://env:1' })), ['env', 'env']))
  test('a setting takes precedence over HTTPS_PROXY', () =>
    assert.deepEqual(
      proxyHosts(load({ HTTPS_PROXY: 'http://env:1' }, { push: { proxy: 'http://file:1' } })),
      ['file', 'env'],
    ))
  test('"none" disables the proxy', () =>
    assert.deepEqual(
      proxyHosts(
        load({ HTTPS_PROXY: 'http://env:1', BELFRY_PUSH_PROXY: 'none' }, { gateway: { proxy: 'none' } }),
      ),
      [undefined, undefined],
    ))
  test('NO_PROXY is split at commas and blanks, and push.no_proxy takes precedence', () => {
    const env = { NO_PROXY: 'a.org, b.org c.org' }
    assert.deepEqual(load(env).push.no_proxy, ['a.org', 'b.org', 'c.org'])
    assert.deepEqual(load({ ...env, BELFRY_PUSH_NO_PROXY: 'd.org,e.org' }).push.no_proxy, ['d.org', 'e.org'])
    assert.deepEqual(load(env, { push: { no_proxy: ['f.org'] } }).push.no_proxy, ['f.org'])
  })
  test('an invalid proxy is refused with the name of its setting, without its value', () => {
    const message = /^(?!.*secret).*HTTPS_PROXY.*expected http:/
    assert.throws(() => load({ HTTPS_PROXY: 'https://user:secret@x' }), { name: 'ConfigError', message })
  })
})
