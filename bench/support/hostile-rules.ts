import {
  createPopulation,
  MAX_ROOM_STEPS,
  type Population,
  prepareEvent,
  roomBudget,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { analysisOf, personOf, ROOM, SETTINGS } from './rule-population.ts'
import { median } from './stats.ts'

/** Rules and a message that are designed to be as costly as possible. */
type Attack = {
  name: string
  members: number
  rules: (member: number) => Partial<Ruleset>
  content: Record<string, unknown>
}

/**
 * The most rules of one user (`push.max_rules_per_user`), with patterns of the largest length
 * (`DEFAULT_RULE_LIMITS`).
 */
const RULES = 1990
const PATTERN = 512
const BODY = 60_000

const ACTIONS = ['notify'] as const
const many = <T>(make: (at: number) => T): T[] => Array.from({ length: RULES }, (_, at) => make(at))

const content = (pattern: (at: number) => string): Partial<Ruleset> => ({
  content: many((at) => ({
    rule_id: `r${at}`,
    default: false,
    enabled: true,
    pattern: pattern(at).slice(0, PATTERN),
    actions: ACTIONS,
  })),
})

const override = (conditions: (at: number) => readonly object[]): Partial<Ruleset> => ({
  override: many((at) => ({
    rule_id: `r${at}`,
    default: false,
    enabled: true,
    conditions: conditions(at) as never,
    actions: ACTIONS,
  })),
})

const body = (text: string) => ({ msgtype: 'm.text', body: text })
const LETTERS = body('a'.repeat(BODY))
const PERIODS = body('aab '.repeat(BODY / 4))
/** No word and no sequence of letters occurs twice. */
const DIVERSE = body(
  Array.from({ length: BODY / 6 }, (_, at) => ((at * 7919) % 60_466_176).toString(36).padStart(5, 'k')).join(
    ' ',
  ),
)
const NESTED = [...Array(90).keys()].reduce<unknown>((inner) => ({ a: inner }), 'x'.repeat(BODY - 1000))

const single = (name: string, rules: Partial<Ruleset>, text: Record<string, unknown>): Attack => ({
  name,
  members: 1,
  rules: () => rules,
  content: text,
})

export const ATTACKS: readonly Attack[] = [
  single(
    '1,990 long words',
    content((at) => 'a'.repeat(100 + (at % 400)) + at),
    LETTERS,
  ),
  single(
    '1,990 words with stars',
    content((at) => `${'a*'.repeat(200)}${at}`),
    LETTERS,
  ),
  single(
    '1,990 stars and gaps',
    content((at) => `${'a?a*'.repeat(100)}${at}`),
    LETTERS,
  ),
  single(
    '1,990 gaps',
    content((at) => `a${'?'.repeat(400)}b${at}`),
    LETTERS,
  ),
  single(
    '1,990 phrases that end elsewhere',
    content((at) => `${'aab '.repeat(100)}a${at}`),
    PERIODS,
  ),
  single(
    '1,990 patterns of three parts',
    content((at) => `aab*b a${'ab '.repeat(at % 50)}*aa${at % 10}`),
    PERIODS,
  ),
  {
    name: '5 × 1,990 words with stars',
    members: 5,
    // No separator between the numbers: the member is found by a word of the pattern that stands alone, and
    // the message does not have it.
    rules: (member) => content((at) => `${'a*'.repeat(200)}${member}x${at}`),
    content: LETTERS,
  },
  {
    name: '200 × 1,990 phrases',
    members: 200,
    rules: (member) => content((at) => `aab aab${at}x${member}`),
    content: PERIODS,
  },
  {
    name: '200 × 1,990 words, one that occurs last',
    members: 200,
    rules: (member) => content((at) => (at === RULES - 1 ? 'aab' : `aab w${at}x${member}`)),
    content: PERIODS,
  },
  {
    name: '200 × 1,990 patterns, all marks of the index',
    members: 200,
    rules: (member) =>
      content((at) => {
        const part = 'kkkkkkkk'.slice(0, 1 + (at % 8))
        return at % 3 === 0 ? `${part}*${member}` : at % 3 === 1 ? `*${part}*${member}x` : `é${part}`
      }),
    content: DIVERSE,
  },
  {
    name: '100 × 1,990 conditions on deep keys',
    members: 100,
    rules: (member) =>
      override((at) => [
        { kind: 'event_match', key: `content.n${'.a'.repeat(90)}`, pattern: `x*${member}-${at}` },
      ]),
    content: { ...body('hi'), n: NESTED },
  },
  {
    name: '100 × 1,990 rules with ten conditions that hold',
    members: 100,
    rules: (member) =>
      override((at) => [
        ...Array.from({ length: 10 }, (_, n) => ({ kind: 'room_member_count', is: `>${n % 2}` })),
        { kind: 'sender_notification_permission', key: 'room' },
        { kind: 'event_match', key: 'content.v', pattern: `${member}-${at}` },
      ]),
    content: body('hi'),
  },
]

const CONTEXT = { memberCount: 500, powerLevels: { users_default: 0 }, roomVersion: '10' }
const TIMES = 15

/** An attack with fewer steps does not reach the rules: an index excluded them, and the row would measure nothing. */
const MIN_SHARE_OF_STEPS = 0.1

/**
 * `median`, `most`: milliseconds of processor time for one message, during which the event loop is blocked.
 * `steps`: the share of `MAX_ROOM_STEPS`.
 */
export type AttackCost = { median: number; most: number; steps: number }

/** @throws Error if the event causes almost no evaluation */
export function measureAttack(attack: Attack): AttackCost {
  const population = populationUnder(attack)
  const message = {
    type: 'm.room.message',
    sender: '@x:bench.example',
    room_id: ROOM,
    content: attack.content,
  }
  let steps = 0
  const times = Array.from({ length: TIMES }, () => {
    const budget = roomBudget()
    const started = process.cpuUsage()
    population.evaluate(prepareEvent(message), { ...CONTEXT, budget })
    const { user, system } = process.cpuUsage(started)
    steps = (MAX_ROOM_STEPS - budget.left) / MAX_ROOM_STEPS
    return (user + system) / 1000
  })
  if (steps < MIN_SHARE_OF_STEPS) throw new Error(`${attack.name}: the rules are hardly evaluated`)
  return { median: median(times), most: Math.max(...times), steps }
}

function populationUnder(attack: Attack): Population {
  const population = createPopulation({ roomId: ROOM, defaults: SETTINGS })
  for (let at = 0; at < attack.members; at++) {
    const person = personOf(at)
    population.set({ ...person, rules: analysisOf(person, attack.rules(at)) })
  }
  return population
}
