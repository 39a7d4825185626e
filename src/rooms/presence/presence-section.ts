import type { Clock } from '../../lib/clock.ts'
import type { UserId } from '../../lib/ids.ts'
import { matchesEvent } from '../sync/filter.ts'
import { changesHidden } from '../sync/ignoring.ts'
import type { SectionNews, SectionRequest, SyncSection } from '../sync/section.ts'
import { excludesPresence } from './presence-filter.ts'
import { presenceEvent, type SeenPresence } from './read-presence.ts'
import {
  earlierOf,
  isSamePoint,
  laterOf,
  coversUpTo,
  START,
  type StreamPoint,
} from '../../storage/stream-point.ts'
import { changedPresence, newlySharedPresence, shownPresence } from './seen-presence-store.ts'

/** The most users in a response. */
export const MAX_EVENTS = 500

const NOTHING: SectionNews = { keys: {}, hasNews: false }

/**
 * `presence` (client-server API, "Presence"): the users who share a room with the viewer, and the viewer. An
 * initial sync has those who are not offline; later ones have the changes, and users who begin to share a
 * room. When there are more changes than a response can have, the next response continues.
 */
export function presenceSection({ clock }: { clock: Clock }): SyncSection {
  return {
    async news(request) {
      const { filter, since, accountData } = request
      if (excludesPresence(filter.presence)) return NOTHING
      const found = since === undefined ? await shown(request) : await changed(request)
      // Users who are no longer ignored appear.
      if (since !== undefined && changesHidden(accountData)) found.rows = union(found, await shown(request))
      const events = found.rows.map((row) => presenceEvent(row, clock.now()))
      return {
        keys: { presence: { events } },
        hasNews: events.length > 0,
        ...(found.upTo !== undefined && { parts: { presence: found.upTo } }),
      }
    },
  }
}

const limitOf = ({ filter }: SectionRequest) => Math.min(filter.presence.limit ?? MAX_EVENTS, MAX_EVENTS)

/** `upTo`: the point of the last row, if more may follow. */
type Found = { rows: SeenPresence[]; upTo?: StreamPoint }

async function shown(request: SectionRequest): Promise<Found> {
  const rows = await request.read.all(shownPresence, {
    viewer: request.viewer.userId,
    limit: limitOf(request),
  })
  return { rows: rows.filter(passes(request)) }
}

async function changed(request: SectionRequest): Promise<Found> {
  const { read, viewer, now, presencePosition, sharingPosition } = request
  const position = request.since?.position ?? START
  const limit = limitOf(request)
  const rows = new Map<UserId, SeenPresence>()
  if (!coversUpTo(position, sharingPosition)) {
    const range = { viewer: viewer.userId, since: position, position: now.position, limit }
    for (const row of (await read.all(newlySharedPresence, range)).filter(passes(request)))
      rows.set(row.user_id, row)
  }
  // Read in pages, because a page can have only users that the filter excludes.
  let after = earlierOf(position, request.since?.presence ?? position)
  while (!coversUpTo(after, presencePosition) && !isSamePoint(after, now.position)) {
    const room = limit - rows.size
    if (room <= 0) return { rows: [...rows.values()], upTo: after }
    const range = { viewer: viewer.userId, since: after, position: now.position, limit: room }
    const page = await read.all(changedPresence, range)
    for (const row of page.filter(passes(request))) rows.set(row.user_id, row)
    const { position: last } = page.at(-1) ?? { position: 0 }
    after = page.length < room ? now.position : laterOf(after, earlierOf(now.position, [last]))
  }
  return { rows: [...rows.values()] }
}

const union = (...parts: Found[]): SeenPresence[] => [
  ...new Map(parts.flatMap(({ rows }) => rows.map((row) => [row.user_id, row] as const))).values(),
]

const passes = ({ filter, ignored }: SectionRequest) => {
  return ({ user_id: sender }: SeenPresence) =>
    !ignored.has(sender) && matchesEvent(filter.presence, { type: 'm.presence', sender, content: {} })
}
