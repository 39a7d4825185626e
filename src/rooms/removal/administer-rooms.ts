import { invalidParam, notFound } from '../../lib/errors.ts'
import { isRoomAlias, isRoomId, type RoomId, type UserId } from '../../lib/ids.ts'
import type { OnProgress } from '../../lib/progress.ts'
import type { Membership, RoomRemoval } from '../../storage/rooms-schema.ts'
import { aliasByName } from '../alias-store.ts'
import type { RoomDeps } from '../deps.ts'
import { roomById } from '../room-store.ts'
import { memberRows, roomRows } from './administration-store.ts'
import { countEvents } from './removal-store.ts'
import { closeRoom } from './remove-room.ts'

// The operator's view of rooms (`belfry room …`). It works without a server and beside a running one: the
// server makes the members of a closed room leave, and deletes what is purged.

/** `removal`: null for a room that is open. Times are in milliseconds since the Unix epoch. */
export type RoomSummaryRow = {
  room_id: RoomId
  name: string | null
  canonical_alias: string | null
  creator: UserId
  version: string
  created_at: number
  joined: number
  invited: number
  state_events: number
  is_public: boolean
  is_encrypted: boolean
  removal: RoomRemoval | null
}

export type RoomMemberRow = { user_id: UserId; membership: Membership; displayname: string | null }

/** What is left of a room that is removed. `removal`: undefined when the room does not exist any more. */
export type RemovalStatus = {
  room_id: RoomId
  removal: RoomRemoval | null | undefined
  members: number
  events: number
}

/**
 * `room`: a room id, or an alias of this server. Methods throw a `MatrixError` 400 or 404 with a message for
 * the operator.
 */
export type RoomAdministration = {
  /** All rooms, by id. */
  list(): Promise<RoomSummaryRow[]>
  members(room: string): Promise<{ room_id: RoomId; members: RoomMemberRow[] }>
  /** No user can join from now on. The running server, or the next start, makes the members leave. */
  shutDown(room: string): Promise<RemovalStatus>
  /** Like `shutDown`; then the server deletes everything of the room. */
  purge(room: string): Promise<RemovalStatus>
  /** Resolves when the server has done it. @param onProgress called for each look, every second */
  wait(of: RemovalStatus, onProgress: OnProgress): Promise<RemovalStatus>
}

const PAGE = 500
const LOOK_EVERY_MS = 1000

type AdministrationDeps = Pick<RoomDeps, 'db' | 'clock'>

export function administerRooms(deps: AdministrationDeps): RoomAdministration {
  const { db, clock } = deps
  const close = async (room: string, kind: 'shutting down' | 'purging') => {
    const roomId = await roomNamed(deps, room)
    await closeRoom(deps, roomId, kind)
    return statusOf(deps, roomId)
  }
  return {
    async list() {
      const rooms: RoomSummaryRow[] = []
      for (let after = ''; ;) {
        const page = await db.all(roomRows, { after, limit: PAGE })
        for (const row of page)
          rooms.push({ ...row, is_public: row.is_public === 1, is_encrypted: row.is_encrypted === 1 })
        if (page.length < PAGE) return rooms
        after = page.at(-1)?.room_id ?? after
      }
    },
    async members(room) {
      const roomId = await roomNamed(deps, room)
      const members: RoomMemberRow[] = []
      for (let after = ''; ;) {
        const page = await db.all(memberRows, { roomId, after, limit: PAGE })
        members.push(...page)
        if (page.length < PAGE) return { room_id: roomId, members }
        after = page.at(-1)?.user_id ?? after
      }
    },
    shutDown: (room) => close(room, 'shutting down'),
    purge: (room) => close(room, 'purging'),
    async wait({ room_id: roomId, ...before }, onProgress) {
      for (;;) {
        const now = await statusOf(deps, roomId)
        if (now.removal === undefined || now.removal === 'shut down') return now
        const step = now.members > 0 ? 'members leave' : 'deleting events'
        const [left, total] = now.members > 0 ? [now.members, before.members] : [now.events, before.events]
        onProgress({ step, done: Math.max(0, total - left), total })
        await clock.sleep(LOOK_EVERY_MS)
      }
    },
  }
}

async function statusOf({ db }: AdministrationDeps, roomId: RoomId): Promise<RemovalStatus> {
  const room = await db.first(roomById, { roomId })
  const { count = 0 } = (await db.first(countEvents, { roomId })) ?? {}
  const members = room === undefined ? 0 : room.joined_count + room.invited_count
  return { room_id: roomId, removal: room?.removal, members, events: Number(count) }
}

/** @throws MatrixError 400, 404 */
async function roomNamed({ db }: AdministrationDeps, room: string): Promise<RoomId> {
  if (isRoomAlias(room)) {
    const found = await db.first(aliasByName, { alias: room })
    if (found === undefined) throw notFound(`There is no room with the alias ${room}`)
    return found.room_id
  }
  if (!isRoomId(room)) throw invalidParam(`"${room}" is neither a room id nor an alias`)
  if ((await db.first(roomById, { roomId: room })) === undefined) throw notFound(`There is no room ${room}`)
  return room
}
