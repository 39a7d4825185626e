import { z } from 'zod'
import { eventIdSchema, queryInteger, roomIdSchema } from '../http/schema.ts'
import { client, defineRoute, reply, type Requester, type Route } from '../http/route.ts'
import type { EventId } from '../lib/ids.ts'
import type { StateKey } from '../lib/matrix-event.ts'
import { clientEvents } from '../rooms/client-events.ts'
import { readJoinedMembers, readMembers, readState, readStateEvent } from '../rooms/members.ts'
import { NO_ROOM_EVENT_FILTER, readRoomEventFilter, type RoomEventFilter } from '../rooms/sync/filter.ts'
import { eventContext, messages, readEvent } from '../rooms/timeline.ts'
import type { Fetches } from '../trace/arrival/fetches.ts'
import { clientEventSchema } from './event-response.ts'
import {
  contextSchema,
  joinedMembers,
  membersSchema,
  messagesSchema,
  statePiece,
  stateSchema,
} from './room-events-response.ts'
import { positionsOf, readerOf, type RoomReadDeps } from './room-reader.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 1000

/** What a filter in the query may be refused with. */
const BAD_FILTER = ['M_NOT_JSON', 'M_BAD_JSON'] as const

const room = z.object({ roomId: roomIdSchema })
const roomEvent = room.extend({ eventId: eventIdSchema })
const limit = queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional()
const membership = z.enum(['join', 'invite', 'knock', 'leave', 'ban']).optional()

/** Reading rooms (client-server API, "Getting events for a room", "Event Context"). */
export function roomEventRoutes(deps: TimelineDeps): Route[] {
  return [...timelineRoutes(deps), ...eventRoutes(deps), ...stateRoutes(deps), ...memberRoutes(deps)]
}

/** `fetches`: the fetches of events, which prove that pushes arrived. */
type TimelineDeps = RoomReadDeps & { fetches: Pick<Fetches, 'note'> }

type FetchRequest = { requester: Requester; isConsole: boolean; params: { eventId: EventId } }

/**
 * Also a fetch that is refused proves it, for example by a user who is only invited. The web console fetches
 * the event of a journey that a user looks at, perhaps with the access token of a phone.
 */
const noteFetch = ({ fetches }: TimelineDeps, { requester, isConsole, params }: FetchRequest) => {
  const { userId, deviceId } = requester
  if (!isConsole) fetches.note({ userId, deviceId, eventId: params.eventId })
}

function timelineRoutes(deps: RoomReadDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/messages'),
      auth: 'user',
      limit: 'default',
      params: room,
      query: z.object({
        from: z.string().optional(),
        to: z.string().optional(),
        dir: z.enum(['b', 'f']),
        limit,
        filter: z.string().optional(),
      }),
      summary: 'One page of the history of a room',
      response: { 200: messagesSchema },
      errors: { 400: BAD_FILTER, 403: ['M_FORBIDDEN'] },
      async handler({ params, query, requester }) {
        const filter = filterOf(query.filter)
        const { roomId } = params
        const { from, to } = query
        const request = { roomId, direction: query.dir, limit: limitOf(query.limit ?? filter.limit), filter }
        const positions = positionsOf(deps, roomId, { from, to })
        const page = await deps.db.snapshot((read) =>
          messages(read, readerOf(deps, requester), { ...request, ...positions }),
        )
        // A token of a sync has the positions of all shards, which a token for pages has not.
        return from ? { ...page, start: from } : page
      },
    }),
  ]
}

function eventRoutes(deps: TimelineDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/event/:eventId'),
      auth: 'user',
      limit: 'default',
      params: roomEvent,
      summary: 'One event',
      response: { 200: clientEventSchema },
      errors: { 404: ['M_NOT_FOUND'] },
      handler({ params, requester, isConsole }) {
        noteFetch(deps, { params, requester, isConsole })
        return readEvent(deps.db, readerOf(deps, requester), params)
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/context/:eventId'),
      auth: 'user',
      limit: 'default',
      params: roomEvent,
      query: z.object({ limit, filter: z.string().optional() }),
      summary: 'An event with the events before and after it',
      response: { 200: contextSchema },
      errors: { 400: BAD_FILTER, 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
      handler: ({ params, query, requester, isConsole }) => {
        noteFetch(deps, { params, requester, isConsole })
        const filter = filterOf(query.filter)
        const request = { ...params, limit: limitOf(query.limit ?? filter.limit), filter }
        return deps.db.snapshot((read) => eventContext(read, readerOf(deps, requester), request))
      },
    }),
  ]
}

function stateRoutes(deps: RoomReadDeps): Route[] {
  const format = z.object({ format: z.enum(['content', 'event']).optional() })
  const readOne = async (requester: Requester, key: StateKey, form: 'content' | 'event' | undefined) => {
    const event = await readStateEvent(deps.db, requester.userId, key)
    if (form !== 'event') return event.content
    const [whole] = await clientEvents(deps.db, [event], readerOf(deps, requester))
    return whole ?? {}
  }
  const ofOne = {
    summary: 'One state event of a room: its content, or with format=event the whole event',
    response: { 200: statePiece },
    errors: { 403: ['M_FORBIDDEN'], 404: ['M_NOT_FOUND'] },
  }
  // An empty state key may be left out, with or without the slash before it.
  const withoutKey = ['/rooms/:roomId/state/:eventType', '/rooms/:roomId/state/:eventType/'] as const
  return [
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/state'),
      auth: 'user',
      limit: 'default',
      params: room,
      summary: 'The state of a room',
      response: { 200: stateSchema },
      errors: { 403: ['M_FORBIDDEN'] },
      handler: async ({ params, requester }) =>
        reply(
          200,
          await deps.db.snapshot((read) => readState(read, readerOf(deps, requester), params.roomId)),
        ),
    }),
    ...withoutKey.map((path) =>
      defineRoute({
        method: 'GET',
        path: client(path),
        auth: 'user',
        limit: 'default',
        params: room.extend({ eventType: z.string() }),
        query: format,
        ...ofOne,
        handler: ({ params, query, requester }) =>
          readOne(requester, { roomId: params.roomId, type: params.eventType, stateKey: '' }, query.format),
      }),
    ),
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/state/:eventType/:stateKey'),
      auth: 'user',
      limit: 'default',
      params: room.extend({ eventType: z.string(), stateKey: z.string() }),
      query: format,
      ...ofOne,
      handler: ({ params: { roomId, eventType: type, stateKey }, query, requester }) =>
        readOne(requester, { roomId, type, stateKey }, query.format),
    }),
  ]
}

function memberRoutes(deps: RoomReadDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/members'),
      auth: 'user',
      limit: 'default',
      params: room,
      query: z.object({ at: z.string().optional(), membership, not_membership: membership }),
      summary: 'The member events of a room',
      response: { 200: membersSchema },
      errors: { 403: ['M_FORBIDDEN'] },
      handler: async ({ params, query, requester }) => {
        const request = {
          roomId: params.roomId,
          membership: query.membership,
          notMembership: query.not_membership,
        }
        const { at } = positionsOf(deps, params.roomId, { at: query.at })
        const chunk = await deps.db.snapshot((read) =>
          readMembers(read, readerOf(deps, requester), { ...request, at }),
        )
        return { chunk }
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/rooms/:roomId/joined_members'),
      auth: 'user',
      limit: 'default',
      params: room,
      summary: 'The profiles of the joined members of a room',
      response: { 200: joinedMembers },
      errors: { 403: ['M_FORBIDDEN'] },
      handler: async ({ params, requester }) => ({
        joined: await readJoinedMembers(deps.db, requester.userId, params.roomId),
      }),
    }),
  ]
}

function limitOf(requested: number | undefined): number {
  return Math.min(requested ?? DEFAULT_LIMIT, MAX_LIMIT)
}

function filterOf(text: string | undefined): RoomEventFilter {
  return text ? readRoomEventFilter(text) : NO_ROOM_EVENT_FILTER
}
