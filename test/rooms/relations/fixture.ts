import type { TestContext } from 'node:test'
import { replaceIgnored } from '../../../src/accounts/ignored-users.ts'
import type { EventId, RoomId, UserId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { redactEvent } from '../../../src/rooms/redact.ts'
import { childEvents, type ChildrenRequest } from '../../../src/rooms/relations/children.ts'
import { threadRoots, type ThreadsRequest } from '../../../src/rooms/relations/threads.ts'
import { sendMessage } from '../../../src/rooms/send-event.ts'
import { NO_ROOM_EVENT_FILTER } from '../../../src/rooms/sync/filter.ts'
import { lowest } from '../../../src/storage/stream-point.ts'
import { parseToken } from '../../../src/rooms/sync/token.ts'
import { messages, readEvent } from '../../../src/rooms/timeline.ts'
import type { Database } from '../../../src/storage/database.ts'
import { createSyncFixture, deviceOf, type RoomEvent } from '../sync-fixture.ts'

export type Page = { chunk: RoomEvent[]; next_batch?: string; prev_batch?: string; recursion_depth?: number }

type PageOptions = { from?: string | undefined; to?: string | undefined }

const at = (token: string | undefined) =>
  token === undefined ? undefined : lowest(parseToken(token, 'from').position)

let transactions = 0

/** The functions of `createSyncFixture`, with functions that send and read related events. */
export async function createRelationsFixture(t: TestContext, db: Database, names: readonly string[]) {
  const fixture = await createSyncFixture(t, db, names)
  const readerOf = (userId: UserId) => ({
    viewer: { userId, deviceId: deviceOf(userId) },
    now: fixture.clock.now(),
    pageBytes: fixture.reads.pageBytes,
  })
  const relate = (
    roomId: RoomId,
    sender: UserId,
    relation: JsonObject,
    more: JsonObject & { type?: string } = {},
  ) => {
    const { type = 'm.room.message', ...content } = more
    return sendMessage(fixture.rooms, {
      roomId,
      sender,
      type,
      content: { body: 'related', msgtype: 'm.text', ...content, 'm.relates_to': relation },
      transaction: { deviceId: deviceOf(sender), txnId: `r${transactions++}` },
    })
  }
  return {
    ...fixture,
    relate,
    reply: (roomId: RoomId, sender: UserId, root: EventId, body = 'reply') =>
      relate(roomId, sender, { rel_type: 'm.thread', event_id: root }, { body }),
    edit: (roomId: RoomId, sender: UserId, of: EventId, body: string) =>
      relate(
        roomId,
        sender,
        { rel_type: 'm.replace', event_id: of },
        { body: `* ${body}`, 'm.new_content': { body, msgtype: 'm.text' } },
      ),
    refer: (roomId: RoomId, sender: UserId, to: EventId) =>
      relate(roomId, sender, { rel_type: 'm.reference', event_id: to }),
    annotate: (roomId: RoomId, sender: UserId, to: EventId, key: string) =>
      relate(roomId, sender, { rel_type: 'm.annotation', event_id: to, key }, { type: 'm.reaction' }),
    redact: (roomId: RoomId, sender: UserId, eventId: EventId) =>
      redactEvent(fixture.rooms, {
        roomId,
        sender,
        eventId,
        content: {},
        transaction: { deviceId: deviceOf(sender), txnId: `r${transactions++}` },
      }),
    ignore: (userId: UserId, ignored: readonly UserId[]) =>
      db.transaction((tx) =>
        replaceIgnored(tx, userId, { ignored_users: Object.fromEntries(ignored.map((id) => [id, {}])) }),
      ),
    event: async (userId: UserId, roomId: RoomId, eventId: EventId) =>
      (await readEvent(db, readerOf(userId), { roomId, eventId })) as unknown as RoomEvent,
    relations: async (userId: UserId, roomId: RoomId, eventId: EventId) => {
      const event = await readEvent(db, readerOf(userId), { roomId, eventId })
      return (event['unsigned'] as JsonObject)['m.relations'] as JsonObject | undefined
    },
    messages: async (userId: UserId, roomId: RoomId, limit = 100) => {
      const request = { roomId, direction: 'b', from: undefined, to: undefined, limit } as const
      const page = await messages(db, readerOf(userId), { ...request, filter: NO_ROOM_EVENT_FILTER })
      return page['chunk'] as unknown as RoomEvent[]
    },
    children: async (
      userId: UserId,
      of: Pick<ChildrenRequest, 'roomId' | 'eventId'>,
      options: Partial<Omit<ChildrenRequest, 'from' | 'to'>> & PageOptions = {},
    ) => {
      const defaults = {
        relType: undefined,
        eventType: undefined,
        recurse: undefined,
        direction: 'b',
      } as const
      const tokens = { from: at(options.from), to: at(options.to) }
      const request: ChildrenRequest = { ...defaults, limit: 20, ...options, ...of, ...tokens }
      return (await childEvents(db, readerOf(userId), request)) as unknown as Page
    },
    threads: async (
      userId: UserId,
      roomId: RoomId,
      options: Partial<Omit<ThreadsRequest, 'from'>> & PageOptions = {},
    ) => {
      const request = { roomId, participated: false, limit: 20, ...options, from: at(options.from) }
      return (await threadRoots(db, readerOf(userId), request)) as unknown as Page
    },
  }
}

export type RelationsFixture = Awaited<ReturnType<typeof createRelationsFixture>>

export const idsOf = (events: readonly RoomEvent[]) => events.map((event) => event.event_id)
