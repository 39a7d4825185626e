import { momentOf } from '../user-rules/moment.ts'
import { rulesetOf } from '../user-rules/read-rules.ts'
import { forbidden } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { type EvaluationContext, prepareEvent, type RuleSettings } from '../push-rules/index.ts'
import { requireJoined } from '../rooms/access.ts'
import { displayNameAt } from '../rooms/poke-event.ts'
import { viewRoom } from '../rooms/room-view.ts'
import type { Queries } from '../storage/query.ts'
import { explainResult } from './explain-user.ts'
import { type GivenRules, withGivenRules } from './given-rules.ts'
import { ignoredSender, pushersAtEvent } from './explain-store.ts'

export type DryRun = {
  viewer: { userId: UserId; isAdmin: boolean }
  /** The user that the explanation is about. */
  userId: UserId
  /** In the client format. A condition on a missing property does not match. */
  event: JsonObject & { type: string }
  /** The present room, with the user's present display name in it. undefined: an event outside any room. */
  roomId: RoomId | undefined
  /** The number of joined members, instead of the number of the room. */
  memberCount: number | undefined
  /** The time of the event, for conditions on the time and for the ends of rules. */
  at: number
} & GivenRules

/** Without a room the event is not in a direct chat. Rules for direct chats apply to rooms with two members. */
const MEMBERS_OF_NO_ROOM = 3

/**
 * The explanation of an event that was not sent. `withGivenRules` adds the given rules to the stored ones.
 * @throws 400 M_INVALID_PARAM: a rule that a `PUT` would refuse. 403 M_FORBIDDEN: a room that the viewer has not joined
 */
export async function dryRun(q: Queries, settings: RuleSettings, request: DryRun): Promise<JsonObject> {
  const { userId, roomId, event } = request
  const stored = await rulesetOf(q, userId, settings)
  const rules = await withGivenRules(q, { userId, stored, settings }, request)
  const { sender } = event
  const isIgnored =
    typeof sender === 'string' && (await q.first(ignoredSender, { userId, ignored: sender })) !== undefined
  const pushers = await q.all(pushersAtEvent, { userId, position: 0 })
  const held = new Set(pushers.map((pusher) => pusher.handle))
  const unheld = [...rules.device.keys()].filter((handle) => !held.has(handle))
  const context = await contextOf(q, request)
  return explainResult({
    userId,
    rules,
    settings,
    event: prepareEvent(roomId === undefined ? event : { ...event, room_id: roomId }),
    type: event.type,
    context: { ...context, userId, moment: momentOf({ originServerTs: request.at }) },
    silence: { isOwn: sender === userId, ignoresSender: isIgnored },
    counted: undefined,
    pushers: [...pushers, ...unheld.map((handle) => ({ handle }))],
    sentAt: undefined,
    hidesText: false,
  }) as unknown as JsonObject
}

async function contextOf(
  q: Queries,
  { viewer, userId, roomId, memberCount, event }: DryRun,
): Promise<EvaluationContext> {
  if (roomId === undefined) return { memberCount: memberCount ?? MEMBERS_OF_NO_ROOM }
  if (!viewer.isAdmin) await requireJoined(q, viewer.userId, roomId)
  const room = await viewRoom(q, { roomId, sender: userId, type: event.type })
  if (!room) throw forbidden('There is no such room')
  return {
    memberCount: memberCount ?? room.joinedCount,
    powerLevels: room.powerLevels,
    creators: room.creators,
    roomVersion: room.version.id,
    displayName: await displayNameAt(q, { userId, roomId, position: Number.MAX_SAFE_INTEGER }),
  }
}
