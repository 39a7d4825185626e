import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { Agent, request } from 'undici'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, PASSWORD, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { LOOPBACK_CERTIFICATE } from '../support/loopback-certificate.ts'
import { REVERSE_PROXIES, type TlsPorts } from '../support/reverse-proxy.ts'
import { startTestServer } from '../support/server.ts'

// One journey through each reverse proxy of deploy/, with TLS.

const PUBLIC_URL = 'https://matrix.example.org'
/** Not the address from which the proxy connects. */
const CLIENT_ADDRESS = '127.0.0.2'
const MIB = 1_048_576

type Asked = { method?: 'GET' | 'POST' | 'PUT'; headers?: Record<string, string>; body?: string | Buffer }

async function createProxyFixture(
  t: TestContext,
  start: (upstream: string) => Promise<TlsPorts>,
  allowH2: boolean,
) {
  const env = {
    BELFRY_PUBLIC_URL: PUBLIC_URL,
    BELFRY_TRUST_PROXY: 'true',
    BELFRY_MEDIA_MAX_UPLOAD_BYTES: String(4 * MIB),
  }
  const server = await startTestServer(t, { env })
  const { port } = await start(server.url)
  const dispatcher = new Agent({
    allowH2,
    localAddress: CLIENT_ADDRESS,
    connect: { ca: LOOPBACK_CERTIFICATE },
  })
  afterTest(t, () => dispatcher.destroy())
  const ask = (path: string, { method = 'GET', ...more }: Asked = {}, signal?: AbortSignal) =>
    request(`https://127.0.0.1:${port}${path}`, { method, dispatcher, ...more, ...(signal && { signal }) })
  const json = async (path: string, asked: Asked = {}) => {
    const { statusCode: status, headers, body } = await ask(path, asked)
    const text = await body.text()
    return { status, headers, text, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Json }
  }
  await eventually(async () =>
    ask('/_matrix/client/versions').then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode === 200
      },
      () => false,
    ),
  )
  return { server, ask, json }
}

type Json = Record<string, unknown>
type ProxyFixture = Awaited<ReturnType<typeof createProxyFixture>>

async function logIn({ json }: ProxyFixture) {
  const user = { type: 'm.id.user', user: 'alice' }
  const { status, body, text } = await json('/_matrix/client/v3/login', {
    method: 'POST',
    // A client that claims another address.
    headers: { 'x-forwarded-for': '203.0.113.9' },
    body: JSON.stringify({ type: 'm.login.password', identifier: user, password: PASSWORD }),
  })
  assert.equal(status, 200, text)
  const headers = { authorization: `Bearer ${String(body['access_token'])}` }
  return { headers, userId: String(body['user_id']) }
}

async function assertPaths({ json }: ProxyFixture): Promise<void> {
  const discovery = await json('/.well-known/matrix/client')
  assert.match(discovery.text, /https:\/\/matrix\.example\.org/)
  for (const path of ['/_matrix/client/v3/pushers', '/_belfry/v1/pushers'])
    assert.match((await json(path)).text, /M_MISSING_TOKEN/, path)
  assert.equal((await json('/_belfry/console/')).status, 200)
  for (const path of ['/health', '/ready', '/metrics', '/', '/_belfry'])
    assert.equal((await json(path)).status, 404, path)
}

/** The requests in progress, without the one for the metrics. */
async function requestsInFlight({ server }: ProxyFixture): Promise<number> {
  const { body } = await call(`${server.url}/metrics`)
  return Number(/^belfry_http_requests_in_flight (\d+)/m.exec(String(body['text']))?.[1]) - 1
}

async function assertLongPoll(fixture: ProxyFixture, { headers, userId }: Session): Promise<void> {
  const { json, ask } = fixture
  const { body } = await json('/_matrix/client/v3/sync', { headers })
  const path = `/_matrix/client/v3/sync?timeout=50000&since=${String(body['next_batch'])}`
  const waiting = json(path, { headers })
  await eventually(async () => (await requestsInFlight(fixture)) === 1)
  await json(`/_matrix/client/v3/user/${userId}/account_data/m.test`, {
    method: 'PUT',
    headers,
    body: '{"woken":true}',
  })
  assert.match((await waiting).text, /woken/)

  // The server stops working for a client that has gone.
  const { next_batch: since } = (await waiting).body
  const leaving = new AbortController()
  const abandoned = ask(
    `/_matrix/client/v3/sync?timeout=50000&since=${String(since)}`,
    { headers },
    leaving.signal,
  )
  await eventually(async () => (await requestsInFlight(fixture)) === 1)
  leaving.abort()
  await assert.rejects(abandoned)
  await eventually(async () => (await requestsInFlight(fixture)) === 0)
}

type Session = { headers: Record<string, string>; userId: string }

/** A message of another user arrives in the stream of alice's inbox. */
async function assertServerSentEvents({ server, ask, json }: ProxyFixture, { headers }: Session) {
  const pusher = foundingPusher(`${PUBLIC_URL}/_matrix/push/v1/notify`, {
    app_id: 'org.belfry.inbox',
    pushkey: 'k',
  })
  const set = await json('/_matrix/client/v3/pushers/set', {
    method: 'POST',
    headers,
    body: JSON.stringify(pusher),
  })
  assert.equal(set.status, 200, set.text)
  const bob = await registerUser(server.url, 'bob')
  const roomId = await bob.createRoom()
  const joined = await json(`/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {
    method: 'POST',
    headers,
    body: '{}',
  })
  assert.equal(joined.status, 200, joined.text)
  const { statusCode, body } = await ask('/_belfry/v1/inbox/k/stream', { headers })
  assert.equal(statusCode, 200)
  let text = ''
  for await (const piece of body) {
    // The first piece is sent when the stream begins, before there is an event.
    if (text === '') await bob.say(roomId, 'through the proxy')
    text += String(piece)
    if (text.includes('through the proxy')) break
  }
  assert.match(text, /^data: .*through the proxy/m)
}

async function assertUploads({ json, ask }: ProxyFixture, { headers }: Session): Promise<void> {
  const upload = (body: Buffer) =>
    json('/_matrix/media/v3/upload?filename=f', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body,
    })
  const file = randomBytes(3 * MIB)
  const { status, text, body } = await upload(file)
  assert.equal(status, 200, text)
  const mediaId = String(body['content_uri']).replace('mxc://', '')
  const download = await ask(`/_matrix/client/v1/media/download/${mediaId}`, { headers })
  assert.ok(file.equals(Buffer.from(await download.body.arrayBuffer())))
  const refused = await upload(Buffer.alloc(4 * MIB + 1))
  assert.deepEqual([refused.status, refused.body['errcode']], [413, 'M_TOO_LARGE'])
  assert.equal(refused.headers['access-control-allow-origin'], '*')
}

for (const { name, skip, start } of REVERSE_PROXIES)
  for (const allowH2 of name === 'nginx.conf' ? [false, true] : [name === 'Caddyfile'])
    describe(`deploy/${name} with ${allowH2 ? 'HTTP/2' : 'HTTP/1.1'}`, { skip }, () => {
      test('forwards public paths, long polls, server-sent events, uploads and the address of the client', async (t) => {
        const fixture = await createProxyFixture(t, (upstream) => start(t, upstream), allowH2)
        await assertPaths(fixture)
        await registerUser(fixture.server.url, 'alice')
        const session = await logIn(fixture)
        await assertLongPoll(fixture, session)
        await assertServerSentEvents(fixture, session)
        await assertUploads(fixture, session)
        const { body } = await fixture.json('/_matrix/client/v3/devices', { headers: session.headers })
        const addresses = (body['devices'] as { last_seen_ip: string | null }[]).map(
          ({ last_seen_ip: ip }) => ip,
        )
        assert.ok(addresses.includes(CLIENT_ADDRESS), `addresses: ${addresses.join()}`)
        assert.ok(!addresses.includes('203.0.113.9'))
      })
    })

/** A push gateway whose process is stopped: it accepts connections and never responds. */
async function startStoppedGateway(t: TestContext): Promise<string> {
  const server = createServer(() => undefined)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  afterTest(t, () => {
    server.closeAllConnections()
    return new Promise((closed) => server.close(closed))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const { name, skip, start } of REVERSE_PROXIES.filter((proxy) => proxy.name !== 'Caddyfile'))
  test(
    `deploy/${name} refuses a poke to a gateway that stands still, so that it is sent again`,
    {
      skip,
    },
    async (t) => {
      const { pokes } = await start(t, await startStoppedGateway(t))
      const dispatcher = new Agent({ connect: { ca: LOOPBACK_CERTIFICATE } })
      afterTest(t, () => dispatcher.destroy())
      const poke = () =>
        request(`https://127.0.0.1:${pokes}/_matrix/push/v1/notify`, {
          method: 'POST',
          dispatcher,
          body: '{"notification":{"devices":[]}}',
        })
      let status = 0
      await eventually(async () => {
        const response = await poke().catch(() => undefined)
        await response?.body.dump()
        status = response?.statusCode ?? 0
        return response !== undefined
      })
      assert.equal(status, 504)
    },
  )
