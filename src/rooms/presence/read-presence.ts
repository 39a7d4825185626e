import { forbidden, notFound } from '../../lib/errors.ts'
import type { UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Queries, Query } from '../../storage/query.ts'
import { presenceAt, type PresenceState } from './presence-state.ts'
import { devicePresenceOf, presenceOf } from './presence-store.ts'
import { presentDevice } from './change-presence.ts'
import { type changedPresence, sharesRoom } from './seen-presence-store.ts'

/** The presence of a user, with the keys of the specification. */
export type PresenceContent = {
  presence: PresenceState
  /** Milliseconds. Absent: no activity since the server has presence. */
  last_active_ago?: number
  /** Absent when the user is offline. */
  currently_active?: boolean
  status_msg?: string
}

type Seen = {
  state: PresenceState
  isActive: boolean
  lastActiveAt: number | null
  statusMessage: string | null
}

/**
 * The presence of a user at this moment (client-server API, `GET /presence/{userId}/status`).
 * @throws 404 when the server has no such user, 403 when the user does not share a room with the viewer
 */
export async function readPresence(
  read: Queries,
  { viewer, userId, now }: { viewer: UserId; userId: UserId; now: number },
): Promise<PresenceContent> {
  const row = await read.first(presenceOf, { userIds: [userId] })
  if (row === undefined) throw notFound('There is no user with this id on this server')
  if (userId !== viewer && !(await read.first(sharesRoom, { userId: viewer, other: userId })))
    throw forbidden('You can only see the presence of users who share a room with you')
  const devices = (await read.all(devicePresenceOf, { userIds: [userId] })).flatMap(presentDevice)
  const { last_active_at: lastActiveAt, status_msg: statusMessage } = row
  const { state, isActive } = presenceAt({ devices, lastActiveAt, statusMessage }, now)
  return contentOf({ state, isActive, lastActiveAt, statusMessage }, now)
}

function contentOf({ state, isActive, lastActiveAt, statusMessage }: Seen, now: number): PresenceContent {
  return {
    presence: state,
    ...(lastActiveAt !== null && { last_active_ago: Math.max(0, now - lastActiveAt) }),
    ...(state !== 'offline' && { currently_active: isActive }),
    ...(statusMessage !== null && { status_msg: statusMessage }),
  }
}

/** A row of the queries for viewers. */
export type SeenPresence = typeof changedPresence extends Query<infer _P, infer R> ? R : never

/** An event of type `m.presence`, with the current name and avatar of the user. */
export function presenceEvent(row: SeenPresence, now: number): JsonObject {
  const { state, is_active: isActive, last_active_at: lastActiveAt, status_msg: statusMessage } = row
  return {
    type: 'm.presence',
    sender: row.user_id,
    content: {
      ...contentOf({ state, isActive: isActive === 1, lastActiveAt, statusMessage }, now),
      ...(row.displayname !== null && { displayname: row.displayname }),
      ...(row.avatar_url !== null && { avatar_url: row.avatar_url }),
    },
  }
}
