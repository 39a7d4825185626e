import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { afterTest } from './after-test.ts'
import { call } from './client.ts'
import { type FakeFcm, startFakeFcm } from './fake-fcm.ts'
import { type MailReceiver, startMailReceiver } from './mail-receiver.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'

// Belfry with fakes of everything that it sends to, on a database of an earlier version.

/** The URL of this server in the database; the server calls its own gateway within the process. */
export const PUBLIC_URL = 'https://matrix.example.org'
export const ANDROID = 'org.example.android'

export type Session = { userId: string; token: string }

/** A request to a gateway or to a push service, in the order of arrival. */
export type Received = { path: string; eventId?: string; pushkey?: string; unread?: number }

export type Outside = {
  clock: ManualClock
  mail: MailReceiver
  fcm: FakeFcm
  /** The origin of a gateway and of the push service of browsers. */
  origin: string
  /** Another origin. Its gateway responds with 200 whenever the first one responds. */
  otherOrigin: string
  readonly received: Received[]
  /** Sets the response of gateways and push services: a status, or no response until the next change. */
  respondWith(next: number | 'nothing'): void
}

export async function startOutside(t: TestContext, startsAt: number): Promise<Outside> {
  const clock = createManualClock(startsAt)
  const received: Received[] = []
  let status: number | 'nothing' = 200
  const waiting = new Set<() => void>()
  const serverThat = (isWell: boolean) =>
    createServer((request, response) => {
      void bodyOf(request).then((body) => {
        received.push(whatCame(request.url ?? '', body))
        const respond = () => {
          if (status === 'nothing') return
          waiting.delete(respond)
          const isRefused = !isWell || request.url?.startsWith('/push/')
          response.writeHead(isRefused ? status : 200, { 'content-type': 'application/json' })
          response.end(JSON.stringify({ rejected: [] }))
        }
        waiting.add(respond)
        respond()
      })
    })
  const servers = [serverThat(false), serverThat(true)] as const
  const fcm = await startFakeFcm({ now: () => clock.now() })
  afterTest(t, () => fcm[Symbol.asyncDispose]())
  const mail = await startMailReceiver(t)
  for (const server of servers)
    afterTest(t, () => {
      server.close()
      server.closeAllConnections()
    })
  const origin = await listen(servers[0])
  const otherOrigin = await listen(servers[1])
  return {
    clock,
    mail,
    fcm,
    origin,
    otherOrigin,
    received,
    respondWith(next) {
      status = next
      for (const respond of waiting) respond()
    },
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A request to a push service is identified by its path, because its body is encrypted. */
function whatCame(path: string, body: Buffer): Received {
  if (!path.endsWith('/notify')) return { path }
  const { notification } = JSON.parse(body.toString()) as {
    notification: {
      event_id?: string
      counts?: { unread?: number }
      devices: { pushkey: string }[]
    }
  }
  const { event_id: eventId, counts, devices } = notification
  return {
    path,
    ...(eventId !== undefined && { eventId }),
    ...(counts?.unread !== undefined && { unread: counts.unread }),
    ...(devices[0] && { pushkey: devices[0].pushkey }),
  }
}

export type Place = { folder: string; database: string }

/** Starts Belfry with mail and an Android app on a database. */
export async function startBelfry(t: TestContext, { folder, database }: Place, outside: Outside) {
  const { clock, mail, fcm } = outside
  const account = join(folder, 'account.json')
  writeFileSync(account, fcm.serviceAccount())
  const android = {
    type: 'gcm',
    api_version: 'v1',
    project_id: fcm.projectId,
    service_account_file: account,
    base_url: fcm.url,
  }
  const file = join(folder, 'belfry.yaml')
  writeFileSync(file, JSON.stringify({ gateway: { apps: { [ANDROID]: android } } }))
  const flags = ['--listen', '127.0.0.1:0', '--data', folder, '--log-level', 'silent', '--open-registration']
  const config = loadConfig({
    argv: [...flags, '--config', file, '--database', database],
    env: {
      BELFRY_SERVER_NAME: 'example.org',
      BELFRY_RATE_LIMITS_ENABLED: 'false',
      BELFRY_PUSH_ALLOW_IP_RANGES: '127.0.0.0/8',
      BELFRY_PUBLIC_URL: PUBLIC_URL,
      BELFRY_EMAIL_SMTP: `smtp://127.0.0.1:${mail.port}`,
      BELFRY_EMAIL_TLS: 'off',
      BELFRY_EMAIL_FROM: 'The Example <belfry@example.org>',
      BELFRY_EMAIL_NAME: 'Office',
    },
  })
  const belfry = await createBelfry(config, { clock })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= belfry.close())
  afterTest(t, close)
  const { url } = await belfry.listen()
  return { url, close }
}

/** All data of a user that the client-server API returns. */
export async function userDataOf(url: string, { userId, token }: Session): Promise<Record<string, unknown>> {
  const get = async (path: string) => (await call(`${url}/_matrix/client/v3${path}`, { token })).body
  const sync = (await get(
    `/sync?full_state=true&set_presence=offline&filter=${encodeURIComponent(JSON.stringify(EVERYTHING))}`,
  )) as { rooms: { join: Record<string, RoomOfSync>; invite: object }; account_data: unknown }
  const rooms = Object.entries(sync.rooms.join)
  const messages = rooms.map(async ([roomId]) => [
    roomId,
    ((await get(`/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`)) as { chunk: unknown })
      .chunk,
  ])
  return {
    whoami: await get('/account/whoami'),
    profile: await get(`/profile/${encodeURIComponent(userId)}`),
    threepids: await get('/account/3pid'),
    pushers: await get('/pushers'),
    rules: await get('/pushrules/'),
    accountData: sync.account_data,
    invited: Object.keys(sync.rooms.invite),
    rooms: Object.fromEntries(
      rooms.map(([roomId, room]) => [
        roomId,
        {
          unread: room.unread_notifications,
          threads: room.unread_thread_notifications,
          state: room.state,
          receipts: room.ephemeral,
          accountData: room.account_data,
        },
      ]),
    ),
    messages: Object.fromEntries(await Promise.all(messages)),
    notifications: ((await get('/notifications?limit=100')) as { notifications: unknown }).notifications,
  }
}

type RoomOfSync = Record<
  'unread_notifications' | 'unread_thread_notifications' | 'state' | 'ephemeral' | 'account_data',
  unknown
>

const EVERYTHING = { room: { timeline: { limit: 100, unread_thread_notifications: true } } }
