import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { App } from './command.ts'

const ROOM_ALIAS_NAME = '_belfry-proof'
const INBOX_APP = 'org.belfry.inbox'
const TIMEOUT_MS = 10_000
const POLL_EVERY_MS = 1

const PUSHKEY = 'start-up-proof'

/**
 * `ms`: milliseconds from sending the message until its notification is in the inbox. `accessToken`: of the
 * receiver.
 */
export type PushProof = { ms: number; eventId: string; accessToken: string }

/**
 * Sends one poke through the whole path, over HTTP like any client: one internal account writes to another,
 * whose pusher points at the server's own gateway. The session of the sender is closed afterwards. That of
 * the receiver lasts until the next proof, so that the console can show the journey of the message.
 */
export async function provePush(app: App, url: string): Promise<PushProof> {
  const sender = await app.internalSession('ringer')
  const receiver = await app.internalSession('listener')
  try {
    const asSender = clientOf(url, sender.accessToken)
    const asReceiver = clientOf(url, receiver.accessToken)
    const roomId = await proofRoom(asSender, sender.userId)
    await asReceiver('POST', `/join/${encodeURIComponent(roomId)}`)
    await asReceiver('POST', '/pushers/set', {
      pushkey: PUSHKEY,
      kind: 'http',
      app_id: INBOX_APP,
      instance_handle: 'belfry-start',
      app_display_name: 'Belfry',
      device_display_name: 'Start-up proof',
      lang: 'en',
      data: { url: `${url}/_matrix/push/v1/notify` },
    })
    const sentAt = performance.now()
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${randomBytes(16).toString('hex')}`
    const { event_id: eventId } = await asSender('PUT', path, { msgtype: 'm.text', body: 'Test message' })
    await arrival(
      { inbox: `${url}/_belfry/v1/inbox/${PUSHKEY}`, token: receiver.accessToken },
      String(eventId),
    )
    const ms = performance.now() - sentAt
    return { ms, eventId: String(eventId), accessToken: receiver.accessToken }
  } catch (error) {
    await receiver.end()
    throw error
  } finally {
    await sender.end()
  }
}

type Call = (method: string, path: string, body?: object) => Promise<Record<string, unknown>>

function clientOf(url: string, token: string): Call {
  return async (method, path, body = {}) => {
    const response = await fetch(`${url}/_matrix/client/v3${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
    })
    const json = (await response.json()) as Record<string, unknown>
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${String(json['error'])}`)
    return json
  }
}

/** The same room at every start. */
async function proofRoom(call: Call, userId: string): Promise<string> {
  const server = userId.slice(userId.indexOf(':') + 1)
  const alias = `#${ROOM_ALIAS_NAME}:${server}`
  const found = await call('GET', `/directory/room/${encodeURIComponent(alias)}`).catch(() => undefined)
  const room =
    found ?? (await call('POST', '/createRoom', { preset: 'public_chat', room_alias_name: ROOM_ALIAS_NAME }))
  return String(room['room_id'])
}

async function arrival({ inbox, token }: { inbox: string; token: string }, eventId: string): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  while (performance.now() < deadline) {
    const response = await fetch(inbox, { headers: { authorization: `Bearer ${token}` } })
    const { notifications } = (await response.json()) as {
      notifications: { notification: { event_id?: string } }[]
    }
    if (notifications.some(({ notification }) => notification.event_id === eventId)) return
    await setTimeout(POLL_EVERY_MS)
  }
  throw new Error(`no poke within ${TIMEOUT_MS / 1000} s`)
}
