import type { Event } from '../../src/lib/matrix-event.ts'
import type { UserRules } from '../../src/user-rules/read-rules.ts'
import { localpartOf, type RoomId, type UserId } from '../../src/lib/ids.ts'
import {
  compileRules,
  defaultRules,
  evaluate,
  NO_MATCH,
  type RuleOutcome,
  prepareEvent,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { HANDLE, room, user } from './fixture.ts'

// What is counted, in the slowest and most obvious way: every event of the history, evaluated for each person with all of
// the rules they had when it came, and struck out if a redaction, a leave or a reading says so.

const NAMES = ['ann', 'bob', 'cat', 'dan']
/** A plain name, one of two words, one without any ASCII word, none. */
const DISPLAY_NAMES = ['Ann', 'Bob Builder', '🙂', null]

export type Seen = {
  event: Event
  /** As their rules were when it came. */
  outcomes: Map<UserId, RuleOutcome>
  redacted: boolean
}
export type Stay = { joinedAt: number; reads: { threadId: string; position: number }[] }

export class Model {
  readonly users: UserId[]
  readonly rooms: RoomId[]
  readonly events: Seen[] = []
  readonly stays = new Map<string, Stay>()
  /** Of those who are invited now: the position of their invitation, the newest where there were several. */
  readonly invited = new Map<string, number>()
  readonly names = new Map<UserId, string | null>()
  readonly pushers = new Map<UserId, number>()
  readonly pokes = new Map<UserId, number[]>()
  readonly rules = new Map<UserId, UserRules>()
  readonly ignored = new Map<UserId, ReadonlySet<UserId>>()

  constructor(run: string) {
    this.users = NAMES.map((name) => user(`${name}${run}`))
    this.rooms = [room(`one${run}`), room(`two${run}`)]
    for (const [at, userId] of this.users.entries()) {
      this.names.set(userId, DISPLAY_NAMES[at] ?? null)
      const own = { userId, localpart: localpartOf(userId), legacyMentionRules: true }
      this.rules.set(userId, { version: 0, global: defaultRules(own), device: new Map() })
    }
  }

  membersOf(roomId: RoomId): UserId[] {
    return this.users.filter((userId) => this.stays.has(key(userId, roomId)))
  }

  /** What an event that has just come means to each user by all of their global rules. */
  outcomesOf(event: Event): Map<UserId, RuleOutcome> {
    return new Map(
      this.users.map((userId) => [
        userId,
        this.ignored.get(userId)?.has(event.sender)
          ? NO_MATCH
          : this.#evaluate(userId, event, (this.rules.get(userId) as UserRules).global),
      ]),
    )
  }

  /** Whether it wakes the user's device, which has rules of its own. */
  wakes(userId: UserId, event: Event, counted: RuleOutcome): boolean {
    if (event.sender === userId || this.ignored.get(userId)?.has(event.sender)) return false
    if (counted.notify || counted.rule?.ruleId === '.m.rule.master') return counted.notify
    const rules = this.rules.get(userId)?.device.get(HANDLE)
    return rules !== undefined && this.#evaluate(userId, event, rules).notify
  }

  #evaluate(userId: UserId, event: Event, rules: Ruleset): RuleOutcome {
    const { type, stateKey, sender, roomId, content } = event
    const stateful = stateKey === null ? {} : { state_key: stateKey }
    const prepared = prepareEvent({ type, sender, room_id: roomId, content, ...stateful })
    // Nobody has a name in a room that they are only invited to.
    const displayName = this.stays.has(key(userId, roomId))
      ? (this.names.get(userId) ?? undefined)
      : undefined
    const memberCount = this.membersOf(roomId).length
    const context = { userId, displayName, memberCount, powerLevels: powerLevels(this), creators: [] }
    return evaluate(compileRules(rules), prepared, context)
  }

  /** What is unread of people whom a user begins to ignore counts no more, also when they are ignored no longer. */
  ignore(userId: UserId, ignored: ReadonlySet<UserId>): void {
    const before = this.ignored.get(userId)
    const isNew = ({ event }: Seen) => ignored.has(event.sender) && before?.has(event.sender) !== true
    const unread = this.notified(userId).flatMap(({ seen, read }) => (read ? [] : [seen]))
    for (const seen of [...unread, ...this.invitations(userId)])
      if (isNew(seen)) seen.outcomes.set(userId, NO_MATCH)
    if (ignored.size === 0) this.ignored.delete(userId)
    else this.ignored.set(userId, ignored)
  }

  /** The invitations that stand and that a user was notified of, also where their events were redacted. */
  invitations(userId: UserId): Seen[] {
    return this.events.filter(
      (seen) => this.#isInvitation(userId, seen) && seen.outcomes.get(userId)?.notify === true,
    )
  }

  #isInvitation(userId: UserId, { event }: Seen): boolean {
    return event.position === this.invited.get(key(userId, event.roomId))
  }

  /** All that a user was notified of and may still see. */
  notified(userId: UserId): { seen: Seen; outcome: RuleOutcome; read: boolean }[] {
    return this.events.flatMap((seen) => {
      const { event } = seen
      const stay = this.stays.get(key(userId, event.roomId))
      if (seen.redacted || event.sender === userId || this.ignored.get(userId)?.has(event.sender)) return []
      if (!this.#isInvitation(userId, seen) && (!stay || event.position <= stay.joinedAt)) return []
      const outcome = seen.outcomes.get(userId)
      return outcome?.notify ? [{ seen, outcome, read: isReadIn(stay, event) }] : []
    })
  }
}

export const powerLevels = (model: Model) => ({ users: { [model.users[0] as string]: 100 } })
export const key = (userId: UserId, roomId: RoomId) => `${userId} ${roomId}`

function isReadIn(stay: Stay | undefined, event: Event): boolean {
  const reads = stay?.reads ?? []
  return reads.some(
    (read) => (read.threadId === '' || read.threadId === event.threadId) && read.position >= event.position,
  )
}
