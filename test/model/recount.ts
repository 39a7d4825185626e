// The expected counts, computed slowly and literally from the specification: all events are kept and counted
// again for each comparison. Nothing of the server is used here, in particular not its rule engine.

export type HistoryEvent = {
  eventId: string
  room: number
  sender: number
  kind: 'message' | 'notice' | 'reaction' | 'redaction' | 'member'
  /** The mentioned users (`m.mentions.user_ids`). */
  mentions: readonly number[]
  /** `m.mentions.room`. */
  mentionsRoom: boolean
  body: string
  isEdit: boolean
  /** 'main', or the event id of the thread root. */
  thread: string
  hasRelation: boolean
  /** The invited user, of an invitation. */
  invites: number | undefined
  isRedacted: boolean
  /** By user, with the rules at the time of the event. Changes when a user ignores the sender later. */
  outcomes: readonly Outcome[]
  /** By user: the outcome that counts again when the user no longer ignores the sender. */
  silenced: Map<number, Outcome>
}

type NewEvent = Omit<HistoryEvent, 'outcomes' | 'isRedacted' | 'silenced'>

export type Outcome = 'nothing' | 'notify' | 'highlight'

export type UserState = {
  /** By room: the index of the join in the history, and that of the latest invitation. */
  joinedAt: Map<number, number>
  invitedAt: Map<number, number>
  /** Read receipts, up to an index in the history. A `thread` of undefined stands for all threads. */
  reads: { room: number; thread: string | undefined; upTo: number }[]
  ignores: Set<number>
  mutedRooms: Set<number>
  mutedSenders: Set<number>
  keywords: Set<string>
  isMaster: boolean
  mentionsOff: boolean
  /** By handle: the rooms that a device rule silences. */
  quietRooms: Map<string, Set<number>>
  pushers: { pushkey: string; handle: string; badge: number | undefined }[]
}

export type Counts = { notifications: number; highlights: number }

export class Recount {
  readonly users: UserState[]
  readonly rooms: number
  readonly history: HistoryEvent[] = []

  constructor(users: number, rooms: number) {
    this.rooms = rooms
    this.users = Array.from({ length: users }, () => ({
      joinedAt: new Map(),
      invitedAt: new Map(),
      reads: [],
      ignores: new Set(),
      mutedRooms: new Set(),
      mutedSenders: new Set(),
      keywords: new Set(),
      isMaster: false,
      mentionsOff: false,
      quietRooms: new Map(),
      pushers: [],
    }))
  }

  user(user: number): UserState {
    return this.users[user] as UserState
  }

  /** Adds an event. Its sender has read its thread up to it. */
  add(event: NewEvent): HistoryEvent {
    const outcomes = this.users.map((_, user) => this.#outcome(user, event))
    const added = { ...event, outcomes, isRedacted: false, silenced: new Map<number, Outcome>() }
    const { invites } = event
    if (invites !== undefined && this.user(invites).ignores.has(event.sender) && !this.user(invites).isMaster)
      added.silenced.set(invites, 'notify')
    this.history.push(added)
    if (event.kind !== 'member')
      this.user(event.sender).reads.push({
        room: event.room,
        thread: event.thread,
        upTo: this.history.length - 1,
      })
    return added
  }

  /** Applies the predefined rules in their order. All messages here have `m.mentions`. */
  #outcome(user: number, event: NewEvent): Outcome {
    const state = this.user(user)
    if (event.sender === user || state.ignores.has(event.sender)) return 'nothing'
    // Override: .m.rule.master, .m.rule.suppress_notices, .m.rule.invite_for_me, .m.rule.member_event
    if (state.isMaster) return 'nothing'
    if (event.kind === 'notice') return 'nothing'
    if (event.kind === 'member') return event.invites === user ? 'notify' : 'nothing'
    if (event.kind === 'redaction') return 'nothing'
    // .m.rule.is_user_mention, .m.rule.is_room_mention (user 0 created the rooms), .m.rule.reaction,
    // .m.rule.suppress_edits
    if (event.mentions.includes(user) && !state.mentionsOff) return 'highlight'
    if (event.mentionsRoom && event.sender === 0) return 'highlight'
    if (event.kind === 'reaction' || event.isEdit) return 'nothing'
    // Content, room, sender. Underride: .m.rule.room_one_to_one or .m.rule.message
    if (event.body.split(' ').some((word) => state.keywords.has(word))) return 'highlight'
    if (state.mutedRooms.has(event.room)) return 'nothing'
    if (state.mutedSenders.has(event.sender)) return 'nothing'
    return 'notify'
  }

  /**
   * The unread events of an ignored user stop counting ("the client will no longer receive events sent by
   * that user").
   */
  ignore(user: number, other: number): void {
    const unread = this.notified(user).flatMap(({ event, isRead }) => (isRead ? [] : [event]))
    // An unread invitation is in both.
    for (const event of new Set([...unread, ...this.invitations(user)])) {
      if (event.sender !== other) continue
      event.silenced.set(user, event.outcomes[user] ?? 'nothing')
      event.outcomes = event.outcomes.with(user, 'nothing')
    }
    this.user(user).ignores.add(other)
  }

  /**
   * The events that were unread when the user began to ignore the sender count again, and so do the sender's
   * invitations.
   */
  stopIgnoring(user: number, other: number): void {
    this.user(user).ignores.delete(other)
    for (const event of this.history) {
      const outcome = event.silenced.get(user)
      if (event.sender !== other || outcome === undefined) continue
      event.outcomes = event.outcomes.with(user, outcome)
      event.silenced.delete(user)
    }
  }

  /** The unanswered invitations that notified the user, including redacted ones. */
  invitations(user: number): HistoryEvent[] {
    return [...this.user(user).invitedAt.values()].flatMap((at) => {
      const event = this.history[at]
      return event === undefined || event.outcomes[user] === 'nothing' ? [] : [event]
    })
  }

  /** The events that notified the user and are still visible, with their index, oldest first. */
  notified(user: number): { event: HistoryEvent; at: number; isRead: boolean }[] {
    const state = this.user(user)
    return this.history.flatMap((event, at) => {
      if (event.isRedacted || event.outcomes[user] === 'nothing' || state.ignores.has(event.sender)) return []
      const joinedAt = state.joinedAt.get(event.room)
      const isInvitation = event.invites === user && state.invitedAt.get(event.room) === at
      if (!isInvitation && (joinedAt === undefined || at <= joinedAt)) return []
      return [{ event, at, isRead: this.#isRead(state, event, at) }]
    })
  }

  #isRead(state: UserState, { room, thread }: HistoryEvent, at: number): boolean {
    return state.reads.some(
      (read) =>
        read.room === room && read.upTo >= at && (read.thread === undefined || read.thread === thread),
    )
  }

  /** By thread, including 'main'. Empty for a user who is not joined. */
  unread(user: number, room: number): Map<string, Counts> {
    const counts = new Map<string, Counts>()
    if (!this.user(user).joinedAt.has(room)) return counts
    for (const { event, isRead } of this.notified(user)) {
      if (event.room !== room || isRead) continue
      const before = counts.get(event.thread) ?? { notifications: 0, highlights: 0 }
      counts.set(event.thread, {
        notifications: before.notifications + 1,
        highlights: before.highlights + (event.outcomes[user] === 'highlight' ? 1 : 0),
      })
    }
    return counts
  }

  /** The number of rooms with unread events, or of unread events, plus the number of invitations. */
  badge(user: number, meaning: 'rooms' | 'messages'): number {
    let badge = 0
    for (let room = 0; room < this.rooms; room++) {
      const messages = sum([...this.unread(user, room).values()].map(({ notifications }) => notifications))
      badge += meaning === 'messages' ? messages : Math.min(1, messages)
    }
    return badge + this.invitations(user).length
  }

  /** The pushers that receive a poke for an event: those of notified users, unless a device rule silences the room. */
  pokedFor(event: HistoryEvent): { user: number; pushkey: string }[] {
    const at = this.history.indexOf(event)
    return this.users.flatMap((state, user) => {
      if (!this.notified(user).some((one) => one.at === at && !one.isRead)) return []
      return state.pushers
        .filter(({ handle }) => !state.quietRooms.get(handle)?.has(event.room))
        .map(({ pushkey }) => ({ user, pushkey }))
    })
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
