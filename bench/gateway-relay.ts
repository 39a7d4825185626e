import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { endWithParent } from './support/end-with-parent.ts'

// The floor of `gateway`: the least work from a call of /notify to the provider on this runtime. It sends one
// fixed message for each call, on open connections and with a token created once, and stores nothing.
// `node bench/gateway-relay.ts KIND JSON`, as `bench/gateway.ts` calls it.

type Send = () => Promise<void>
export type RelayTo =
  | { kind: 'apns'; url: string; ca: string; key: string; keyId: string; teamId: string }
  | { kind: 'gcm'; url: string; account: string }
  | { kind: 'http'; url: string }

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const nowS = () => Math.floor(Date.now() / 1000)

function apns(to: RelayTo & { kind: 'apns' }): Send {
  const session = connect(to.url, { ca: readFileSync(to.ca) })
  const signed = `${base64url({ alg: 'ES256', kid: to.keyId })}.${base64url({ iss: to.teamId, iat: nowS() })}`
  const key = createPrivateKey(readFileSync(to.key))
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  const headers = {
    ':method': 'POST',
    ':path': `/3/device/${'ab'.repeat(32)}`,
    authorization: `bearer ${signed}.${signature.toString('base64url')}`,
    'apns-topic': 'org.example.app',
    'apns-push-type': 'alert',
  }
  const body = JSON.stringify({
    aps: { alert: { 'loc-key': 'MSG_FROM_USER', 'loc-args': ['Bob'] }, badge: 1 },
  })
  return () =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers)
      stream.on('response', (reply) => {
        stream.resume()
        stream.on('end', () => (reply[':status'] === 200 ? resolve() : reject(new Error('refused'))))
      })
      stream.on('error', reject)
      stream.end(body)
    })
}

async function gcm(to: RelayTo & { kind: 'gcm' }): Promise<Send> {
  const account = JSON.parse(readFileSync(to.account, 'utf8')) as Record<string, string>
  const pool = new Pool(to.url, { connections: 20 })
  const iat = nowS()
  const claims = { iss: account['client_email'], aud: account['token_uri'], iat, exp: iat + 3600 }
  const scope = 'https://www.googleapis.com/auth/firebase.messaging'
  const signed = `${base64url({ alg: 'RS256', kid: account['private_key_id'] })}.${base64url({ ...claims, scope })}`
  const signature = sign('sha256', Buffer.from(signed), createPrivateKey(account['private_key'] ?? ''))
  const reply = await fetch(account['token_uri'] ?? '', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: `${signed}.${signature.toString('base64url')}`,
    }),
  })
  const { access_token: token } = (await reply.json()) as { access_token: string }
  const message = {
    token: 'device',
    data: { event_id: '$e', type: 'm.room.message', content_body: 'Ding dong' },
  }
  return post(pool, `/v1/projects/${account['project_id']}/messages:send`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
  })
}

function post(pool: Pool, path: string, request: { headers: Record<string, string>; body: string }): Send {
  return async () => {
    const { statusCode, body } = await pool.request({ method: 'POST', path, ...request })
    await body.dump()
    if (statusCode >= 300) throw new Error(`status ${statusCode}`)
  }
}

async function sender(to: RelayTo): Promise<Send> {
  if (to.kind === 'apns') return apns(to)
  if (to.kind === 'gcm') return gcm(to)
  const headers = { 'content-type': 'application/octet-stream', ttl: '60' }
  return post(new Pool(to.url, { connections: 20 }), '/push', { headers, body: 'x'.repeat(300) })
}

const send = await sender(JSON.parse(process.argv[2] ?? '') as RelayTo)
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    send().then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"rejected":[]}'),
      () => response.writeHead(502).end('{}'),
    )
  })
})
server.listen(0, '127.0.0.1', () => {
  console.log(`relay listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
endWithParent()
