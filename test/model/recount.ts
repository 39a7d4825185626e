// What should be counted, in the words of the specification and in the slowest way: all that happened is kept, and counted
// anew whenever somebody asks. Nothing of the server is used here, and its rule engine least of all.

export type Happening = {
  eventId: string
  room: number
  sender: number
  kind: 'message' | 'notice' | 'reaction' | 'redaction' | 'member'
  /** Whom it mentions (`m.mentions.user_ids`), and whether the whole room (`m.mentions.room`). */
  mentions: readonly number[]
  mentionsRoom: boolean
  body: string
  isEdit: boolean
  /** 'main', or the event id of the root of its thread. */
  thread: string
  hasRelation: boolean
  /** Of an invitation: who is invited. */
  invites: number | undefined
  isRedacted: boolean
  /** What it means to each person, by the rules that they had when it came. */
  outcomes: readonly CountedAs[] // as of now: it changes when somebody ignores the sender
}

export type CountedAs = 'nothing' | 'notify' | 'highlight'

export type Person = {
  /** By room: in which place of the story they joined; or were invited, the last time if they were invited again. */
  joinedAt: Map<number, number>
  invitedAt: Map<number, number>
  /** By room: what they have read, each up to a place in the story. `thread` undefined: everything. */
  reads: { room: number; thread: string | undefined; upTo: number }[]
  ignores: Set<number>
  mutedRooms: Set<number>
  mutedSenders: Set<number>
  keywords: Set<string>
  isMaster: boolean
  mentionsOff: boolean
  /** By handle: rooms that a device rule silences there. */
  quietRooms: Map<string, Set<number>>
  pushers: { pushkey: string; handle: string; told: number | undefined }[]
}

export type Counts = { notifications: number; highlights: number }

export class Recount {
  readonly people: Person[]
  readonly rooms: number
  readonly story: Happening[] = []

  constructor(people: number, rooms: number) {
    this.rooms = rooms
    this.people = Array.from({ length: people }, () => ({
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

  person(who: number): Person {
    return this.people[who] as Person
  }

  /** Writes down what has just happened; whoever sends an event has read its thread up to it. */
  happened(event: Omit<Happening, 'outcomes' | 'isRedacted'>): Happening {
    const outcomes = this.people.map((_, who) => this.#outcome(who, event))
    const happening = { ...event, outcomes, isRedacted: false }
    this.story.push(happening)
    if (event.kind !== 'member')
      this.person(event.sender).reads.push({
        room: event.room,
        thread: event.thread,
        upTo: this.story.length - 1,
      })
    return happening
  }

  /** "Predefined rules", in their order: the first that matches decides. All messages here have `m.mentions`. */
  #outcome(who: number, event: Omit<Happening, 'outcomes' | 'isRedacted'>): CountedAs {
    const me = this.person(who)
    if (event.sender === who || me.ignores.has(event.sender)) return 'nothing'
    // Override: .m.rule.master, .m.rule.suppress_notices, .m.rule.invite_for_me, .m.rule.member_event
    if (me.isMaster) return 'nothing'
    if (event.kind === 'notice') return 'nothing'
    if (event.kind === 'member') return event.invites === who ? 'notify' : 'nothing'
    if (event.kind === 'redaction') return 'nothing'
    // .m.rule.is_user_mention, .m.rule.is_room_mention (the creator of the rooms may), .m.rule.reaction, .m.rule.suppress_edits
    if (event.mentions.includes(who) && !me.mentionsOff) return 'highlight'
    if (event.mentionsRoom && event.sender === 0) return 'highlight'
    if (event.kind === 'reaction' || event.isEdit) return 'nothing'
    // Content, room, sender; underride: .m.rule.room_one_to_one or .m.rule.message
    if (event.body.split(' ').some((word) => me.keywords.has(word))) return 'highlight'
    if (me.mutedRooms.has(event.room)) return 'nothing'
    if (me.mutedSenders.has(event.sender)) return 'nothing'
    return 'notify'
  }

  /** "The client will no longer receive events sent by that user": what is unread of theirs is not to be read any more. */
  ignore(who: number, other: number): void {
    const unread = this.notified(who).flatMap(({ event, isRead }) => (isRead ? [] : [event]))
    for (const event of [...unread, ...this.invitations(who)]) {
      if (event.sender === other) event.outcomes = event.outcomes.with(who, 'nothing')
    }
    this.person(who).ignores.add(other)
  }

  /** The invitations that wait for an answer and that somebody was notified of, also where their events were redacted. */
  invitations(who: number): Happening[] {
    return [...this.person(who).invitedAt.values()].flatMap((at) => {
      const event = this.story[at]
      return event === undefined || event.outcomes[who] === 'nothing' ? [] : [event]
    })
  }

  /** Everything that somebody was notified of and may still see, with its place, the newest last. */
  notified(who: number): { event: Happening; at: number; isRead: boolean }[] {
    const me = this.person(who)
    return this.story.flatMap((event, at) => {
      if (event.isRedacted || event.outcomes[who] === 'nothing' || me.ignores.has(event.sender)) return []
      const joinedAt = me.joinedAt.get(event.room)
      const isInvitation = event.invites === who && me.invitedAt.get(event.room) === at
      if (!isInvitation && (joinedAt === undefined || at <= joinedAt)) return []
      return [{ event, at, isRead: this.#isRead(me, event, at) }]
    })
  }

  #isRead(me: Person, { room, thread }: Happening, at: number): boolean {
    return me.reads.some(
      (read) =>
        read.room === room && read.upTo >= at && (read.thread === undefined || read.thread === thread),
    )
  }

  /** By thread, 'main' among them; nothing for who is not in the room. */
  unread(who: number, room: number): Map<string, Counts> {
    const counts = new Map<string, Counts>()
    if (!this.person(who).joinedAt.has(room)) return counts
    for (const { event, isRead } of this.notified(who)) {
      if (event.room !== room || isRead) continue
      const before = counts.get(event.thread) ?? { notifications: 0, highlights: 0 }
      counts.set(event.thread, {
        notifications: before.notifications + 1,
        highlights: before.highlights + (event.outcomes[who] === 'highlight' ? 1 : 0),
      })
    }
    return counts
  }

  /** Rooms with something unread, or what is unread in them; invitations that somebody was told of count one each. */
  badge(who: number, meaning: 'rooms' | 'messages'): number {
    let badge = 0
    for (let room = 0; room < this.rooms; room++) {
      const messages = sum([...this.unread(who, room).values()].map(({ notifications }) => notifications))
      badge += meaning === 'messages' ? messages : Math.min(1, messages)
    }
    return badge + this.invitations(who).length
  }

  /** The pushers that are told of an event: whose owner it notifies, unless a rule of the device silences the room. */
  pokedFor(event: Happening): { who: number; pushkey: string }[] {
    const at = this.story.indexOf(event)
    return this.people.flatMap((me, who) => {
      if (!this.notified(who).some((one) => one.at === at && !one.isRead)) return []
      return me.pushers
        .filter(({ handle }) => !me.quietRooms.get(handle)?.has(event.room))
        .map(({ pushkey }) => ({ who, pushkey }))
    })
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
