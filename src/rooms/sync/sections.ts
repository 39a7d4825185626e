import { pushRulesContent } from '../../accounts/account-data.ts'
import type { Clock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { defaultsFingerprint } from '../../push-rules/index.ts'
import type { Database } from '../../storage/database.ts'
import { covers } from '../../storage/stream-point.ts'
import type { RuleSettings } from '../../user-rules/read-rules.ts'
import { toDeviceSection } from './to-device.ts'
import type { Typing } from '../typing.ts'
import { roomExtras } from './extras.ts'
import { matchesEvent } from './filter.ts'
import { changesHidden, withoutHiddenInvitations } from './ignoring.ts'
import { joinedRoomIds } from './news-store.ts'
import { planRooms } from './plan.ts'
import { readRooms } from './read-rooms.ts'
import type { SectionRequest, SyncSection } from './section.ts'
import type { SharedRooms } from './shared-rooms.ts'

export type SectionDeps = RuleSettings & {
  db: Database
  clock: Clock
  typing: Typing
  sharedRooms: SharedRooms
  /** The maximum size of a room's timeline, in bytes of events. */
  pageBytes: number
}

/** The sections of this stage. A later stage adds its own to the list. */
export function syncSections(deps: SectionDeps): SyncSection[] {
  return [roomsSection(deps), accountDataSection(deps), toDeviceSection(deps)]
}

/** `rooms`: events, state, summary, receipts, typing, account data and counts of each room. */
export function roomsSection(deps: SectionDeps): SyncSection {
  return {
    // Taken before the snapshot: the next response contains later typing, and may repeat some.
    tokenParts: () => ({ typing: deps.typing.serial() }),
    async news(request) {
      const { read, viewer, filter, since, now, accountData } = request
      const { stateForm } = request
      const { userId } = viewer
      const typed = since ? deps.typing.changedSince(since.typing ?? 0) : []
      const isRecounted = since !== undefined && changesHidden(accountData)
      const recounted = isRecounted ? await joinedRoomIds(read, userId) : []
      const planned = await planRooms(read, {
        userId,
        filter,
        since: since?.position,
        fullState: request.fullState,
        position: now.position,
        alsoRooms: [...typed, ...accountData.roomIds, ...recounted],
        alsoInvitations: isRecounted,
      })
      const plans = await withoutHiddenInvitations(read, userId, { ...request, plans: planned })
      const byThread = filter.timeline.unreadThreadNotifications
      const extras = await roomExtras(deps, read, {
        userId,
        since,
        plans,
        accountData,
        byThread,
        recounted,
        receiptsPosition: request.receiptsPosition,
      })
      const { pageBytes, sharedRooms } = deps
      const reader = { viewer, now: deps.clock.now(), filter, pageBytes, sharedRooms, stateForm }
      const rooms = await readRooms(deps, read, {
        reader,
        rooms: plans.map((plan) => ({ plan, extras: extras(plan.roomId) })),
      })
      return { keys: { rooms }, hasNews: Object.values(rooms).some((of) => Object.keys(of).length > 0) }
    },
  }
}

/** `account_data`: the user's global account data, with the push rules. */
export function accountDataSection(settings: RuleSettings): SyncSection {
  return {
    tokenParts: () => ({ defaults: defaultsFingerprint(settings) }),
    async news(request) {
      const { read, viewer, filter, accountData } = request
      const all = accountData.of('')
      // The response always has the whole ruleset.
      if (hasNewRules(request))
        all.push({ type: 'm.push_rules', content: await pushRulesContent(read, viewer.userId, settings) })
      const events = all.filter((event) =>
        matchesEvent(filter.accountData, event as { type: string; content: JsonObject }),
      )
      return { keys: { account_data: { events } }, hasNews: events.length > 0 }
    },
  }
}

/** Whether the user's own rules changed, or the default rules by a setting or a new version of the server. */
function hasNewRules({ since, now, rulesVersion }: SectionRequest): boolean {
  return !since || since.defaults !== now.defaults || !covers(since.position, rulesVersion)
}
