import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import { once } from '../lib/once.ts'
import { clientEventSchema } from './event-response.ts'

// Responses of the endpoints that read a room: the shapes of `rooms/timeline.ts` and `rooms/members.ts`.

const events = once(() => z.array(clientEventSchema()))
const token = () => z.string().describe('A token for `from` and `to`')

export const messagesSchema = uncheckedJson(
  named('MessagesPage', () =>
    z.strictObject({
      chunk: events().describe('In the order of `dir`'),
      start: token(),
      end: token().describe('The `from` of the next page; absent on the last page').optional(),
      state: events()
        .describe('The member events of the senders, when the filter has lazy_load_members')
        .optional(),
    }),
  ),
)

export const contextSchema = uncheckedJson(
  named('EventContext', () =>
    z.strictObject({
      start: token(),
      end: token(),
      event: clientEventSchema(),
      events_before: events().describe('Newest first'),
      events_after: events().describe('Oldest first'),
      state: events().describe('The state at the last of the events'),
    }),
  ),
)

export const stateSchema = events
export const statePiece = once(() => z.union([clientEventSchema(), jsonObject]))
export const membersSchema = once(() => z.strictObject({ chunk: events() }))

export const joinedMembers = once(() =>
  z.strictObject({
    joined: uncheckedJson(() =>
      z.record(
        userId(),
        z.strictObject({ display_name: z.string().nullable(), avatar_url: z.string().nullable() }),
      ),
    )(),
  }),
)
