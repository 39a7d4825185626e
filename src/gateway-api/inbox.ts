import { z } from 'zod'
import {
  type ConfiguredInboxes,
  type InboxKey,
  type InboxStore,
  looksOpened,
  MAX_PUSHKEY_BYTES,
  newInboxPushkey,
} from '../gateway/inbox.ts'
import { eventStream } from '../http/event-stream.ts'
import { once } from '../lib/once.ts'
import { nothing, time } from '../http/response-parts.ts'
import { defineRoute, type Requester, type Route } from '../http/route.ts'
import type { Clock } from '../lib/clock.ts'
import { MatrixError, notFound } from '../lib/errors.ts'
import type { Random } from '../lib/ids.ts'
import { createListeners, watchInbox } from './inbox-stream.ts'
import { presentEntries, type Presenting, shownEntry } from './present-entries.ts'

const params = z.object({
  pushkey: z
    .string()
    .refine(
      (pushkey) => pushkey !== '' && Buffer.byteLength(pushkey) <= MAX_PUSHKEY_BYTES,
      'expected 1 to 512 bytes',
    ),
})

const entryId = /^\d{1,15}$/
const query = z.object({ last_event_id: z.string().regex(entryId, 'expected the id of an event').optional() })

const entries = once(() =>
  z.strictObject({
    notifications: z.array(
      z.strictObject({
        received_at: time(),
        notification: z
          .looseObject({})
          .describe(
            'As it was received, with only the device of this inbox, and with the present text of an event that was edited or redacted since',
          ),
        text: z
          .strictObject({
            title: z.string(),
            body: z.string(),
            lang: z.string(),
            dir: z.enum(['ltr', 'rtl']),
          })
          .optional()
          .describe('The notification in words, if `data` of the pusher has `"org.belfry.lang": true`'),
      }),
    ),
  }),
)
const openedInbox = once(() => z.strictObject({ pushkey: z.string() }))
const openedInboxes = once(() =>
  z.strictObject({
    inboxes: z.array(z.strictObject({ pushkey: z.string(), opened_at: time(), used_at: time() })),
  }),
)
const NOT_READABLE = { 401: ['M_MISSING_TOKEN'], 404: ['M_NOT_FOUND'] } as const

const PATH = '/_belfry/v1/inbox'
/** The minimum time between two updates of the last-read time of an opened inbox. */
const TOUCH_EVERY_MS = 3_600_000

export type InboxApiDeps = Presenting & {
  store: InboxStore
  configured: ConfiguredInboxes
  clock: Clock
  random: Random
  /** Whether the session is still valid. Absent: the gateway runs alone and has no users. */
  isSignedIn?: ((requester: Requester) => Promise<boolean>) | undefined
}

/** Routes of the built-in inbox app: its last notifications, newest last, and a stream of new ones. */
export function inboxRoutes(deps: InboxApiDeps): Route[] {
  const routes = readingRoutes(deps)
  return deps.isSignedIn === undefined ? routes : [...routes, ...openingRoutes(deps)]
}

function readingRoutes(deps: InboxApiDeps): Route[] {
  const listeners = createListeners()
  return [
    defineRoute({
      method: 'GET',
      path: `${PATH}/:pushkey`,
      auth: 'optional',
      limit: 'push',
      params,
      summary: 'The last notifications of an inbox, newest last',
      response: { 200: entries },
      errors: NOT_READABLE,
      async handler({ params: { pushkey }, requester }) {
        const { inbox } = await reading(deps, pushkey, requester)
        const entries = await presentEntries(deps, inbox, await deps.store.list(inbox))
        return {
          notifications: entries.map(shownEntry),
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${PATH}/:pushkey/stream`,
      auth: 'optional',
      limit: 'push',
      params,
      query,
      summary: 'New notifications of an inbox as server-sent events; Last-Event-ID resumes after that entry',
      response: { 200: { mediaType: 'text/event-stream' } },
      errors: NOT_READABLE,
      async handler(context) {
        const { requester, lastEventId, address, signal } = context
        const { pushkey } = context.params
        const { inbox, mayStillRead } = await reading(deps, pushkey, requester)
        listeners.enter(address, signal)
        // A browser that reconnects sends the header, and its URL still has the old query.
        const given =
          lastEventId !== undefined && entryId.test(lastEventId) ? lastEventId : context.query.last_event_id
        const after = given === undefined ? undefined : Number(given)
        return eventStream(watchInbox(deps, { inbox, after, mayStillRead, signal }))
      },
    }),
  ]
}

function openingRoutes({ store, clock, random }: InboxApiDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: PATH,
      auth: 'user',
      limit: 'default',
      summary: 'Opens an inbox that can be read with its pushkey alone',
      response: { 200: openedInbox },
      errors: { 403: ['M_RESOURCE_LIMIT_EXCEEDED'] },
      async handler({ requester: { userId } }) {
        const pushkey = newInboxPushkey(random)
        if (await store.open({ userId, pushkey }, clock.now())) return { pushkey }
        throw new MatrixError(
          403,
          'M_RESOURCE_LIMIT_EXCEEDED',
          `You have reached the limit of open inboxes; close one with DELETE ${PATH}/{pushkey}`,
        )
      },
    }),
    defineRoute({
      method: 'GET',
      path: PATH,
      auth: 'user',
      limit: 'default',
      summary: 'Your open inboxes',
      response: { 200: openedInboxes },
      async handler({ requester: { userId } }) {
        const opened = await store.openedOf(userId)
        return {
          inboxes: opened.map((one) => ({
            pushkey: one.pushkey,
            opened_at: one.openedAt,
            used_at: one.usedAt,
          })),
        }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${PATH}/:pushkey`,
      auth: 'user',
      limit: 'default',
      params,
      summary: 'Closes an inbox and erases its notifications',
      response: { 200: nothing },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ params: { pushkey }, requester: { userId } }) {
        if (await store.close({ userId, pushkey })) return {}
        throw notFound('You have no open inbox with this pushkey')
      },
    }),
  ]
}

type Reading = { inbox: InboxKey; mayStillRead: () => Promise<boolean> }

/**
 * The inbox of a request, after the authorisation of the reader: for an opened or configured inbox the
 * pushkey is enough, for every other inbox the token of its owner is required.
 *
 * @throws {MatrixError} 401 when a token is required and missing, 404 for an inbox that was closed
 */
async function reading(
  { store, configured, clock, isSignedIn }: InboxApiDeps,
  pushkey: string,
  requester: Requester | undefined,
): Promise<Reading> {
  if (configured.has(pushkey))
    return { inbox: { userId: '', pushkey }, mayStillRead: async () => configured.has(pushkey) }
  if (looksOpened(pushkey)) {
    const open = async () => {
      const opened = await store.opened(pushkey)
      if (opened !== undefined && clock.now() - opened.usedAt > TOUCH_EVERY_MS)
        await store.touch(pushkey, clock.now())
      return opened
    }
    const opened = await open()
    if (opened === undefined) throw notFound('There is no such inbox; it may have been closed')
    return {
      inbox: { userId: opened.userId, pushkey },
      mayStillRead: async () => (await open()) !== undefined,
    }
  }
  if (isSignedIn === undefined)
    throw notFound('There is no such inbox; only the inboxes in the configuration of its app exist')
  if (requester === undefined)
    throw new MatrixError(
      401,
      'M_MISSING_TOKEN',
      `This inbox requires the access token of its owner, as "Authorization: Bearer <token>"; POST ${PATH} opens one that needs no token`,
    )
  return { inbox: { userId: requester.userId, pushkey }, mayStillRead: () => isSignedIn(requester) }
}
