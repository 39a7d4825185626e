import { subscribersOf } from '../notifications/thread-subscribers-store.ts'
import { momentOf } from '../user-rules/moment.ts'
import { rulesetOf } from '../user-rules/read-rules.ts'
import { deviceRules } from '../delivery/device-rules.ts'
import { namedFor } from '../delivery/next-poke.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { eventSummary } from '../lib/matrix-event.ts'
import { MAX_STEPS, type RuleSettings } from '../push-rules/index.ts'
import { newestEvents } from '../rooms/newest-events.ts'
import { displayNameAt, loadPokedEvents } from '../rooms/poke-event.ts'
import type { Queries } from '../storage/query.ts'
import { pushersAtEvent } from './explain-store.ts'
import { type GivenRules, withGivenRules } from './given-rules.ts'
import { changesOf, type PreviewedEvent } from './preview-changes.ts'
import { englishWords } from './room-names.ts'

/** The most events that a preview evaluates. */
export const MAX_PREVIEWED = 100

/** The step limit of a preview. One evaluation of usual rules takes some 100 steps. */
const PREVIEW_STEPS = 20 * MAX_STEPS

export type PreviewRequest = {
  userId: UserId
  /** The number of events, at most `MAX_PREVIEWED`. */
  last: number
} & GivenRules

/**
 * What the given rules would have changed among the newest events of a user: for the unread counts, and for
 * each pusher. Both results are computed now, with the stored rules and with the given ones, so that they
 * differ by these rules alone. Nothing is stored. `q` should be a snapshot.
 * @throws 400 M_INVALID_PARAM as `withGivenRules`
 */
export async function previewRules(
  q: Queries,
  settings: RuleSettings,
  request: PreviewRequest,
): Promise<JsonObject> {
  const { userId, last } = request
  const stored = await rulesetOf(q, userId, settings)
  const before = deviceRules(stored, settings)
  const after = deviceRules(await withGivenRules(q, { userId, stored, settings }, request), settings)
  const pushers = await q.all(pushersAtEvent, { userId, position: 0 })
  const events = await eventsOf(q, settings, { userId, last })
  const changes = changesOf(events, { before, after, pushers, budget: { left: PREVIEW_STEPS } })
  return { user_id: userId, ...changes } as unknown as JsonObject
}

/** The newest events, each with the room at that event. */
async function eventsOf(
  q: Queries,
  settings: RuleSettings,
  { userId, last }: { userId: UserId; last: number },
): Promise<PreviewedEvent[]> {
  const events = await newestEvents(q, { userId, limit: last })
  const poked = await loadPokedEvents(
    q,
    events.map(({ position }) => position),
  )
  const words = await englishWords()
  const previewed: PreviewedEvent[] = []
  for (const event of events) {
    const known = poked.get(event.position)
    if (known === undefined) continue
    const displayName = await displayNameAt(q, { userId, ...event })
    previewed.push({
      summary: {
        ...eventSummary(event),
        room_name: namedFor(known, userId, words).roomName ?? null,
        origin_server_ts: event.originServerTs,
      },
      evaluated: known.evaluated,
      context: {
        ...known.context,
        userId,
        displayName,
        subscribers: await subscribersOf(settings, q, event),
        moment: momentOf(event),
      },
    })
  }
  return previewed
}
