import { z } from 'zod'
import { eventIdSchema, roomIdSchema } from '../http/schema.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { invalidParam } from '../lib/errors.ts'
import type { EventId } from '../lib/ids.ts'
import { type Marker, type ReceiptDeps, setMarkers } from '../rooms/receipts.ts'
import { nothing } from '../http/response-parts.ts'

const room = z.object({ roomId: roomIdSchema })
const marker = room.extend({
  receiptType: z.enum(['m.read', 'm.read.private', 'm.fully_read']),
  eventId: eventIdSchema,
})

const markers = z.object({
  'm.fully_read': eventIdSchema.optional(),
  'm.read': eventIdSchema.optional(),
  'm.read.private': eventIdSchema.optional(),
})

/** Receipts and read markers (client-server API, "Receipts", "Read and unread markers"). */
export function receiptRoutes(deps: ReceiptDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/rooms/:roomId/receipt/:receiptType/:eventId'),
      auth: 'user',
      limit: 'default',
      params: marker,
      // Any type is accepted here: the specification requires M_INVALID_PARAM for an invalid thread id.
      body: z.object({ thread_id: z.unknown().optional() }),
      summary: 'Sets a receipt in a room or a thread',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ params: { roomId, receiptType, eventId }, body, requester }) {
        const threadId = threadOf(body.thread_id)
        const { userId } = requester
        await setMarkers(deps, { userId, roomId, markers: [markerOf(receiptType, eventId, threadId)] })
        return {}
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/rooms/:roomId/read_markers'),
      auth: 'user',
      limit: 'default',
      params: room,
      body: markers,
      summary: 'Sets receipts and the read marker of a room',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ params: { roomId }, body, requester }) {
        const requested = (['m.read', 'm.read.private', 'm.fully_read'] as const).flatMap((type) => {
          const eventId = body[type]
          return eventId === undefined ? [] : [markerOf(type, eventId, undefined)]
        })
        await setMarkers(deps, { userId: requester.userId, roomId, markers: requested })
        return {}
      },
    }),
  ]
}

function threadOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '')
    throw invalidParam('thread_id must be "main" or the event id of a thread root')
  return value
}

function markerOf(type: Marker['type'], eventId: EventId, threadId: string | undefined): Marker {
  if (type !== 'm.fully_read') return { type, eventId, threadId: threadId ?? '' }
  if (threadId !== undefined)
    throw invalidParam('thread_id is not allowed with m.fully_read, which has no threads')
  return { type, eventId }
}
