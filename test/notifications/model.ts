import type { RoomId, UserId } from '../../src/lib/ids.ts'
import type { NotifiableEvent } from '../../src/notifications/event.ts'
import {
  type CompiledRules,
  compileRules,
  defaultRules,
  evaluate,
  type Outcome,
  prepareEvent,
} from '../../src/push-rules/index.ts'
import { room, user } from './house.ts'

// What is counted, in the slowest and most obvious way: every event of the history, evaluated for each person with all of
// their rules, and struck out if a redaction, a leave or a reading says so.

const NAMES = ['ann', 'bob', 'cat', 'dan']
/** A plain name, one of two words, one without any ASCII word, none. */
const DISPLAY_NAMES = ['Ann', 'Bob Builder', '🙂', null]

export type Seen = {
  event: NotifiableEvent
  memberCount: number
  names: Map<UserId, string | null>
  redacted: boolean
}
export type Stay = { joinedAt: number; reads: { threadId: string; position: number }[] }

export class Model {
  readonly users: UserId[]
  readonly rooms: RoomId[]
  readonly events: Seen[] = []
  readonly stays = new Map<string, Stay>()
  /** Since which position, for those who are invited now. */
  readonly invited = new Map<string, number>()
  readonly names = new Map<UserId, string | null>()
  readonly pushers = new Map<UserId, number>()
  readonly pokes = new Map<UserId, number[]>()
  readonly #rules = new Map<UserId, CompiledRules>()

  constructor(run: string) {
    this.users = NAMES.map((name) => user(`${name}${run}`))
    this.rooms = [room(`one${run}`), room(`two${run}`)]
    for (const [at, userId] of this.users.entries()) {
      const localpart = userId.slice(1, userId.indexOf(':'))
      this.names.set(userId, DISPLAY_NAMES[at] ?? null)
      this.#rules.set(userId, compileRules(defaultRules({ userId, localpart, legacyMentionRules: true })))
    }
  }

  membersOf(roomId: RoomId): UserId[] {
    return this.users.filter((userId) => this.stays.has(key(userId, roomId)))
  }

  outcomeFor(userId: UserId, { event, memberCount, names }: Seen): Outcome {
    const { type, stateKey, sender, roomId, content } = event
    const stateful = stateKey === null ? {} : { state_key: stateKey }
    const prepared = prepareEvent({ type, sender, room_id: roomId, content, ...stateful })
    const displayName = names.get(userId) ?? undefined
    const context = { userId, displayName, memberCount, powerLevels: powerLevels(this), creators: [] }
    return evaluate(this.#rules.get(userId) as CompiledRules, prepared, context)
  }

  /** All that a user was notified of and may still see. */
  notified(userId: UserId): { seen: Seen; outcome: Outcome; read: boolean }[] {
    return this.events.flatMap((seen) => {
      const { event } = seen
      const stay = this.stays.get(key(userId, event.roomId))
      const invitedAt = this.invited.get(key(userId, event.roomId))
      if (seen.redacted || event.sender === userId) return []
      const isInvitation = invitedAt !== undefined && event.stateKey === userId && event.position >= invitedAt
      if (!isInvitation && (!stay || event.position <= stay.joinedAt)) return []
      const outcome = this.outcomeFor(userId, seen)
      return outcome.notify ? [{ seen, outcome, read: isReadIn(stay, event) }] : []
    })
  }
}

export const powerLevels = (model: Model) => ({ users: { [model.users[0] as string]: 100 } })
export const key = (userId: UserId, roomId: RoomId) => `${userId} ${roomId}`

function isReadIn(stay: Stay | undefined, event: NotifiableEvent): boolean {
  const reads = stay?.reads ?? []
  return reads.some(
    (read) => (read.threadId === '' || read.threadId === event.threadId) && read.position >= event.position,
  )
}
