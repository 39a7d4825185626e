import type { Event } from '../../src/lib/matrix-event.ts'
import { momentOf } from '../../src/user-rules/moment.ts'
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

// The expected counts, computed slowly and literally: each event of the history is evaluated for each user
// with all rules that applied at that time, and left out after a redaction, a leave or a read receipt.

const NAMES = ['alice', 'bob', 'carol', 'dave']
/** One word, two words, no ASCII word, no name. */
const DISPLAY_NAMES = ['Alice', 'Bob Smith', '🙂', null]

export type ModelEvent = {
  event: Event
  /** By user, with the rules at the time of the event. */
  outcomes: Map<UserId, RuleOutcome>
  redacted: boolean
  /** Outcomes that do not count while a user ignores the sender. */
  silenced: Map<UserId, RuleOutcome>
}
export type JoinedState = { joinedAt: number; reads: { threadId: string; position: number }[] }

export class Model {
  readonly users: UserId[]
  readonly rooms: RoomId[]
  events: ModelEvent[] = []
  readonly joined = new Map<string, JoinedState>()
  /** The position of the newest invitation of each invited user, by user and room. */
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
      this.rules.set(userId, { version: 0, global: defaultRules(own), owner: {}, device: new Map() })
    }
  }

  forget(positions: ReadonlySet<number>): void {
    this.events = this.events.filter(({ event }) => !positions.has(event.position))
  }

  membersOf(roomId: RoomId): UserId[] {
    return this.users.filter((userId) => this.joined.has(key(userId, roomId)))
  }

  /** The outcome of a new event for each user, by all of their global rules. */
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

  /** Whether the event is queued for the pusher of the user, by the global rules and the device rules. */
  isQueued(userId: UserId, event: Event, counted: RuleOutcome): boolean {
    if (event.sender === userId || this.ignored.get(userId)?.has(event.sender)) return false
    if (counted.notify || counted.rule?.ruleId === '.m.rule.master') return counted.notify
    const rules = this.rules.get(userId)?.device.get(HANDLE)
    return rules !== undefined && this.#evaluate(userId, event, rules).notify
  }

  #evaluate(userId: UserId, event: Event, rules: Ruleset): RuleOutcome {
    const { type, stateKey, sender, roomId, content } = event
    const stateful = stateKey === null ? {} : { state_key: stateKey }
    const prepared = prepareEvent({ type, sender, room_id: roomId, content, ...stateful })
    // An invited user has no display name in the room.
    const displayName = this.joined.has(key(userId, roomId))
      ? (this.names.get(userId) ?? undefined)
      : undefined
    const memberCount = this.membersOf(roomId).length
    const moment = momentOf(event)
    const context = { userId, displayName, memberCount, powerLevels: powerLevels(this), creators: [], moment }
    return evaluate(compileRules(rules), prepared, context)
  }

  /**
   * The unread events of newly ignored users stop counting until they are no longer ignored. Events in
   * between never count.
   */
  ignore(userId: UserId, ignored: ReadonlySet<UserId>): void {
    const before = this.ignored.get(userId)
    const isNew = ({ event }: ModelEvent) => ignored.has(event.sender) && before?.has(event.sender) !== true
    const unread = this.notified(userId).flatMap(({ seen, read }) => (read ? [] : [seen]))
    for (const seen of [...unread, ...this.invitations(userId)]) if (isNew(seen)) this.#silence(userId, seen)
    for (const seen of this.events) {
      const outcome = seen.silenced.get(userId)
      if (outcome === undefined || ignored.has(seen.event.sender)) continue
      seen.outcomes.set(userId, outcome)
      seen.silenced.delete(userId)
    }
    if (ignored.size === 0) this.ignored.delete(userId)
    else this.ignored.set(userId, ignored)
  }

  #silence(userId: UserId, seen: ModelEvent): void {
    seen.silenced.set(userId, seen.outcomes.get(userId) ?? NO_MATCH)
    seen.outcomes.set(userId, NO_MATCH)
  }

  /** An invitation by an ignored user counts when the sender is no longer ignored. */
  hideInvitation(userId: UserId, seen: ModelEvent): void {
    if (!this.ignored.get(userId)?.has(seen.event.sender)) return
    const outcome = this.#evaluate(userId, seen.event, (this.rules.get(userId) as UserRules).global)
    if (outcome.notify) seen.silenced.set(userId, outcome)
  }

  /** The unanswered invitations that notified the user, including redacted ones. */
  invitations(userId: UserId): ModelEvent[] {
    return this.events.filter(
      (seen) => this.#isInvitation(userId, seen) && seen.outcomes.get(userId)?.notify === true,
    )
  }

  #isInvitation(userId: UserId, { event }: ModelEvent): boolean {
    return event.position === this.invited.get(key(userId, event.roomId))
  }

  /** The events that notified the user and are still visible. */
  notified(userId: UserId): { seen: ModelEvent; outcome: RuleOutcome; read: boolean }[] {
    return this.events.flatMap((seen) => {
      const { event } = seen
      const state = this.joined.get(key(userId, event.roomId))
      if (seen.redacted || event.sender === userId || this.ignored.get(userId)?.has(event.sender)) return []
      if (!this.#isInvitation(userId, seen) && (!state || event.position <= state.joinedAt)) return []
      const outcome = seen.outcomes.get(userId)
      return outcome?.notify ? [{ seen, outcome, read: isReadIn(state, event) }] : []
    })
  }
}

export const powerLevels = (model: Model) => ({ users: { [model.users[0] as string]: 100 } })
export const key = (userId: UserId, roomId: RoomId) => `${userId} ${roomId}`

function isReadIn(state: JoinedState | undefined, event: Event): boolean {
  const reads = state?.reads ?? []
  return reads.some(
    (read) => (read.threadId === '' || read.threadId === event.threadId) && read.position >= event.position,
  )
}
