import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext } from 'node:tls'
import { suite, test, type TestContext } from 'node:test'

import { makeGuardedAgent } from '../../../src/lib/outbound/guarded-agent.ts'
import { faultOf } from '../../../src/lib/outbound/network-fault.ts'
import { openTunnel, parseProxy } from '../../../src/lib/outbound/proxy.ts'
import { afterTest } from '../../support/after-test.ts'
import { agentPost } from '../../support/agent-post.ts'
import { eventually } from '../../support/eventually.ts'
import { startForwardProxy } from '../../support/forward-proxy.ts'
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../../support/loopback-certificate.ts'

suite('parseProxy', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const rows: [text: string, expected: object][] = [
    ['http://proxy.example:8080', { host: 'proxy.example', port: 8080 }],
    ['http://proxy.example', { host: 'proxy.example', port: 80 }],
    ['http://[::1]:8080/', { host: '::1', port: 8080 }],
    ['http://alice:s%40cret@proxy:1', { host: 'proxy', port: 1, authorization: basic('alice:s@cret') }],
    ['http://alice@proxy:1', { host: 'proxy', port: 1 }],
  ]
  for (const [text, expected] of rows) test(text, () => assert.deepEqual(parseProxy(text), expected))

  for (const text of [
    'https://proxy.example',
    'socks5://alice:secret@proxy',
    'proxy.example:8080',
    'http://',
    'http://:secret@',
    'http://alice:50%secret@proxy:1',
  ]) {
    test(`${text} is refused without being repeated`, () => {
      assert.throws(() => parseProxy(text), { name: 'RangeError', message: /^(?!.*secret).*expected http:/ })
    })
  }
})

async function startTarget(t: TestContext, isSecure: boolean): Promise<number> {
  const listen: RequestListener = (request, response) => response.end(`for ${request.headers.host}`)
  const server = isSecure
    ? createSecureServer({ cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY }, listen)
    : createServer(listen)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(t, () => server.close())
  return (server.address() as AddressInfo).port
}

suite('openTunnel', () => {
  async function createFixture(t: TestContext) {
    const proxy = await startForwardProxy()
    afterTest(t, () => proxy[Symbol.asyncDispose]())
    const open = (signal: AbortSignal = new AbortController().signal) =>
      openTunnel(parseProxy(proxy.url), { host: 'push.example', port: 1 }, signal)
    return { proxy, open }
  }

  const refusals: [title: string, reply: string][] = [
    ['asks for a password', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'],
    ['forbids it', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'],
    ['uses another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['closes without a response', ''],
    ['never ends', 'x'.repeat(20_000)],
  ]
  for (const [title, reply] of refusals) {
    test(`rejects when the proxy ${title}`, async (t) => {
      const { proxy, open } = await createFixture(t)
      proxy.refuse.push(reply)
      await assert.rejects(open(), (error) => faultOf(error) === 'proxy')
    })
  }

  test('rejects when the proxy opens no tunnel in time', async (t) => {
    const { proxy, open } = await createFixture(t)
    proxy.refuse.push('hang')
    const ending = new AbortController()
    const opening = open(ending.signal)
    await eventually(() => proxy.asked.length === 1)
    ending.abort()
    await assert.rejects(opening, (error) => faultOf(error) === 'timeout')
    await assert.rejects(open(AbortSignal.abort()), (error) => faultOf(error) === 'timeout')
  })

  test('rejects when the proxy refuses the connection', async (t) => {
    const proxy = await startForwardProxy()
    await proxy[Symbol.asyncDispose]()
    const opening = openTunnel(parseProxy(proxy.url), { host: 'x', port: 1 }, t.signal)
    await assert.rejects(opening, (error) => faultOf(error) === 'connection refused')
  })
})

suite('a guarded agent with a proxy', () => {
  async function createFixture(t: TestContext, { isSecure = false, ca = [] as string[] } = {}) {
    const port = await startTarget(t, isSecure)
    const proxy = await startForwardProxy()
    const agent = makeGuardedAgent({
      ruleFor: () => ({
        name: 'none',
        allows: (address) => (isSecure ? '127.0.0.1' : '203.0.113.7') === address,
        trustsProxy: true,
      }),
      lookup: () => Promise.reject(new Error('a lookup behind a proxy')),
      secureContext: createSecureContext({ ca }),
      proxy: parseProxy(proxy.url.replace('//', '//alice:secret@')),
    })
    afterTest(t, () => proxy[Symbol.asyncDispose]())
    afterTest(t, () => agent[Symbol.asyncDispose]())
    const post = async (url: string) => (await agentPost(agent, url)).text
    return { port, proxy, post }
  }

  test('lets the proxy resolve the name, and sends it the credentials', async (t) => {
    const { port, proxy, post } = await createFixture(t)
    assert.equal(await post(`http://push.example:${port}/`), `for push.example:${port}`)
    const authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`
    assert.deepEqual(proxy.asked, [{ target: `push.example:${port}`, authorization }])
  })

  test('verifies the certificate of the destination through the tunnel', async (t) => {
    const { port, post } = await createFixture(t, { isSecure: true, ca: [LOOPBACK_CERTIFICATE] })
    assert.equal(await post(`https://localhost:${port}/`), `for localhost:${port}`)
    await assert.rejects(post(`https://push.example:${port}/`), (error) => faultOf(error) === 'tls')
    const untrusted = await createFixture(t, { isSecure: true })
    await assert.rejects(
      untrusted.post(`https://localhost:${untrusted.port}/`),
      (error) => faultOf(error) === 'tls',
    )
  })

  test('does not call a literal address that is not allowed', async (t) => {
    const { port, proxy, post } = await createFixture(t)
    await assert.rejects(post(`http://127.0.0.1:${port}/`), { code: 'ERR_BLOCKED_ADDRESS' })
    assert.deepEqual(proxy.asked, [])
  })
})
