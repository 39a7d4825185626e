import {
  analyseRules,
  defaultRules,
  rulesetFor,
  type Action,
  type PushRule,
  type RuleAnalysis,
  type Ruleset,
} from '../../src/push-rules/index.ts'

/** Users with and without rules of their own, and their messages. They are the same in every run. */

export const ROOM = '!room:bench.example'
export const SETTINGS = { legacyMentionRules: true }
export const KEYWORDS = 3000

export type Person = { userId: string; localpart: string; displayName: string }
export type Message = {
  type: string
  sender: string
  room_id: string
  event_id: string
  content: Record<string, unknown>
}

/** Mulberry32: numbers from 0 to 1, excluding 1. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const SYLLABLES = [
  'ba',
  'ko',
  'li',
  'mer',
  'na',
  'pel',
  'ro',
  'su',
  'ta',
  'vi',
  'wen',
  'zo',
  'dar',
  'fi',
  'gul',
  'hes',
]

/** A word for each number, with three or four syllables. */
export function wordOf(number: number): string {
  let word = ''
  for (let left = number + SYLLABLES.length ** 2; left > 0; left = Math.floor(left / SYLLABLES.length)) {
    word += SYLLABLES[left % SYLLABLES.length] ?? ''
  }
  return word
}

export function personOf(number: number): Person {
  const localpart = `${wordOf(number)}${number}`
  return {
    userId: `@${localpart}:bench.example`,
    localpart,
    // 4,000 first names, so that several members of a large room share one.
    displayName: `X${wordOf(number % 4000)} ${wordOf(number)}`,
  }
}

/**
 * Typical rules of users. By number modulo 4, a user has one to three keywords, or one to three muted rooms
 * (a quarter of them the room of the benchmark), or one or two muted senders, or one of each.
 */
export function ownRulesOf(number: number, random: () => number, members: number): Partial<Ruleset> {
  const kind = number % 4
  const some = (most: number) => Array.from({ length: 1 + Math.floor(random() * most) })
  const rule = (ruleId: string, actions: Action[]) => ({
    rule_id: ruleId,
    default: false,
    enabled: true,
    actions,
  })
  const keyword = () => {
    const pattern = wordOf(5000 + Math.floor(random() * KEYWORDS)) + (random() < 0.1 ? '*' : '')
    return {
      ...rule(pattern, ['notify', { set_tweak: 'sound', value: 'ding' }, { set_tweak: 'highlight' }]),
      pattern,
    }
  }
  const roomMuted = () => (random() < 0.25 ? ROOM : `!${Math.floor(random() * 1e6)}:bench.example`)
  const silenced = () => rule(personOf(Math.floor(random() * members)).userId, [])
  const rooms = kind === 1 || kind === 3 ? some(kind === 3 ? 1 : 3).map(roomMuted) : []
  const isFully = random() < 0.5
  return {
    content: unique(kind === 0 || kind === 3 ? some(kind === 3 ? 1 : 3).map(keyword) : []),
    sender: unique(kind === 2 || kind === 3 ? some(kind === 3 ? 1 : 2).map(silenced) : []),
    room: unique(isFully ? [] : rooms.map((roomId) => rule(roomId, []))),
    override: unique(
      isFully ? rooms.map((roomId) => ({ ...rule(roomId, []), conditions: [inRoom(roomId)] })) : [],
    ),
  }
}

const inRoom = (roomId: string) => ({ kind: 'event_match', key: 'room_id', pattern: roomId })

function unique<Rule extends PushRule>(rules: Rule[]): Rule[] {
  return [...new Map(rules.map((rule) => [rule.rule_id, rule])).values()]
}

export function rulesetOf({ userId, localpart }: Person, own: Partial<Ruleset>): Ruleset {
  const defaults = defaultRules({ userId, localpart, ...SETTINGS })
  return rulesetFor({ defaults, changes: [], userRules: own })
}

export function analysisOf(person: Person, own: Partial<Ruleset>): RuleAnalysis {
  const { userId, localpart } = person
  return analyseRules(rulesetOf(person, own), { userId, localpart, ...SETTINGS })
}

/** Conversation: mostly messages of five to thirty words. Some mention a member, and some contain a keyword. */
export function messagesOf(count: number, random: () => number, members: number): Message[] {
  return Array.from({ length: count }, (_, at) => messageOf(at, random, members))
}

function messageOf(at: number, random: () => number, members: number): Message {
  const someone = () => personOf(Math.floor(random() * members))
  const chance = random()
  const said = Array.from({ length: 5 + Math.floor(random() * 26) }, () =>
    // Some words are frequent, most are rare; one in a hundred is a keyword of a member.
    wordOf(
      random() < 0.01 ? 5000 + Math.floor(random() * KEYWORDS) : 20_000 + Math.floor(random() ** 3 * 3000),
    ),
  )
  const named = someone()
  if (chance < 0.05) said.push(named.displayName)
  const body = said.join(' ')
  const mentions = chance < 0.5 ? {} : { 'm.mentions': chance < 0.6 ? { user_ids: [named.userId] } : {} }
  const kinds: [share: number, type: string, content: Record<string, unknown>][] = [
    [0.8, 'm.room.message', { msgtype: 'm.text', body, ...mentions }],
    [0.9, 'm.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: `$${at}`, key: '+' } }],
    [0.95, 'm.room.message', { msgtype: 'm.notice', body }],
    [1, 'm.room.encrypted', { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: body }],
  ]
  const share = random()
  const [, type, content] = kinds.find(([limit]) => share < limit) ?? (kinds[0] as (typeof kinds)[0])
  return { type, sender: someone().userId, room_id: ROOM, event_id: `$${at}`, content }
}
