import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { MatrixEvent } from 'matrix-js-sdk/lib/models/event.js'
import {
  compileRules,
  createPopulation,
  evaluate,
  prepareEvent,
  type RuleOutcome,
  type Population,
  type Ruleset,
} from '../src/push-rules/index.ts'
import type { Benchmark } from './benchmark.ts'
import { ATTACKS, measureAttack } from './support/hostile-rules.ts'
import { monotonicMs } from './support/monotonic.ts'
import { eventFor, processorOf, roomStateOf, type Processor } from './support/push-processor.ts'
import {
  analysisOf,
  messagesOf,
  ownRulesOf,
  personOf,
  randomFrom,
  ROOM,
  rulesetOf,
  SETTINGS,
  type Message,
  type Person,
} from './support/rule-population.ts'
import { median } from './support/stats.ts'
import { figure, percent } from './support/table.ts'
import { atLeast, atMost } from './support/target.ts'

const MEMBERS = 10_000
/** One of this number of members has rules of their own. */
const CUSTOM = 10
const MANY_DEFAULTS = 100_000
const MESSAGES = 400
/** matrix-js-sdk evaluates for one of this number of members. */
const SAMPLED = 50
const ROUNDS = 7
const ROUND_MS = 250
const MIN_SINGLE = 20
const MIN_ROOM = 1000
const MAX_GROWTH = 1.5
const MAX_MIB = 20
const MAX_MS = 20

const CONTEXT = { memberCount: MEMBERS, powerLevels: { users_default: 0 }, roomVersion: '10' }

type Member = Person & { own: Partial<Ruleset> | undefined }

export const rules: Benchmark = {
  name: 'rules',
  about:
    'push rules compared with the evaluator of matrix-js-sdk: one user, a room of 10,000, and the growth of the cost',
  method: [
    'The rule engine and `PushProcessor` of matrix-js-sdk in one process, with the same rules and the same 400 events. Before the measurement, both must give the same outcomes for 300 members.',
    'One user has a keyword, a muted room and a muted user. In the room of 10,000, one member in ten has rules of its own; the same with 100,000 default members shows the growth. Memory is that of 10,000 members with two own rules each.',
    'The worst message is the CPU time of the costliest of the sets in `bench/support/hostile-rules.ts`, with the largest permitted number of rules and a message of 60,000 characters.',
  ],
  async run() {
    const random = randomFrom(1)
    const members = Array.from({ length: MEMBERS }, (_, at): Member => ({
      ...personOf(at),
      own: at % CUSTOM === 0 ? ownRulesOf(at / CUSTOM, random, MEMBERS) : undefined,
    }))
    const messages = messagesOf(MESSAGES, random, MEMBERS)
    const sampled = members.filter((_, at) => at % SAMPLED < 2 && at % (SAMPLED * 2) !== 1)
    const peer = await compareDecisions(members, messages, sampled)
    const single = measureSingle(messages, peer)
    const room = measureRoom(members, messages, peer)
    const growth = measureGrowth(members, messages)
    const mib = memoryOfCustomMembers()
    const attacks = ATTACKS.map((attack) => ({ name: attack.name, ...measureAttack(attack) }))
    const worst = Math.max(...attacks.map(({ median: ms }) => ms))
    return {
      tables: [
        {
          title: 'Evaluations of one event for one user',
          columns: ['', 'Belfry', 'matrix-js-sdk', 'times'],
          rows: [
            ['one user with own rules, evaluations/s', ...ratio(single)],
            ['the same, each event prepared again', ...ratio({ ...single, ours: single.anew })],
            [`a room of ${figure(MEMBERS)}, members/s`, ...ratio(room)],
          ],
        },
        {
          title: 'Cost of one event in a room where 1,000 members have rules of their own',
          columns: ['members with the default rules', 'µs'],
          rows: [
            [figure(MEMBERS), figure(growth.few, 1)],
            [figure(MANY_DEFAULTS), figure(growth.many, 1)],
          ],
        },
        {
          title: 'Memory of 10,000 members with rules of their own',
          columns: ['', 'MiB'],
          rows: [['after they have been evaluated', figure(mib, 1)]],
        },
        {
          title: 'One message and rules that are designed to be costly: ms of processor time',
          columns: ['rules of the members', 'median', 'most', 'steps, of the limit'],
          rows: attacks.map(({ name, median: ms, most, steps }) => [
            name,
            figure(ms, 1),
            figure(most, 1),
            percent(steps),
          ]),
        },
      ],
      targets: [
        target(`one user: ${MIN_SINGLE} times`, single.ours / single.theirs, MIN_SINGLE),
        target(`a room of 10,000: ${MIN_ROOM} times`, room.ours / room.theirs, MIN_ROOM),
        atMost(`ten times the default members: at most ${MAX_GROWTH} times the cost`, {
          value: growth.many / growth.few,
          limit: MAX_GROWTH,
          unit: 'times',
        }),
        atMost(`the worst message: at most ${MAX_MS} ms`, { value: worst, limit: MAX_MS, unit: 'ms' }),
        atMost(`under ${MAX_MIB} MiB`, { value: mib, limit: MAX_MIB, unit: 'MiB' }),
      ],
      figures: {
        compared: peer.compared,
        singlePerSecond: Math.round(single.ours),
        singleAnewPerSecond: Math.round(single.anew),
        singleTimes: round(single.ours / single.theirs),
        roomMembersPerSecond: Math.round(room.ours),
        roomTimes: round(room.ours / room.theirs),
        otherPerSecond: Math.round(single.theirs),
        otherInRoomPerSecond: Math.round(room.theirs),
        growth: round(growth.many / growth.few),
        microsecondsPerEvent: round(growth.few),
        memoryMiB: round(mib),
        worstMessageMs: round(worst),
      },
    }
  },
}

type Rates = { ours: number; theirs: number }

const round = (value: number) => Math.round(value * 100) / 100
const ratio = ({ ours, theirs }: Rates) => [figure(ours), figure(theirs), figure(ours / theirs, 1)]
const target = (wanted: string, value: number, limit: number) =>
  atLeast(`${wanted} the evaluations per second`, { value, limit, unit: 'times' })

/** The evaluators of matrix-js-sdk for some of the members, and the messages in its form. */
type Peer = {
  processors: readonly Processor[]
  events: readonly MatrixEvent[]
  people: readonly Member[]
  compared: number
}

/** @throws Error if the two evaluators decide differently, because a comparison would then mean nothing */
async function compareDecisions(
  members: readonly Member[],
  messages: readonly Message[],
  people: readonly Member[],
): Promise<Peer> {
  const state = roomStateOf(ROOM, people, MEMBERS)
  const processors = people.map((member) => processorOf(member.userId, rulesOf(member), state))
  const events = messages.map(eventFor)
  const population = populationOf(members)
  let compared = 0
  for (const [at, message] of messages.entries()) {
    const event = prepareEvent(message)
    const { cohorts, exceptions } = population.evaluate(event, CONTEXT)
    const own = new Map(exceptions.map(({ userId, outcome }) => [userId, outcome]))
    for (const [index, member] of people.entries()) {
      // matrix-js-sdk gives no actions for one's own messages.
      if (member.userId === message.sender) continue
      const { userId, displayName } = member
      const theirs = processors[index]?.evaluate(events[at] as MatrixEvent)
      const inRoom = own.get(userId) ?? cohorts.get(population.cohortOf(userId) ?? '')
      const alone = evaluate(compileRules(rulesOf(member)), event, { ...CONTEXT, userId, displayName })
      for (const outcome of [alone, inRoom]) {
        if (theirs?.notify === outcome?.notify && theirs?.rule === nameOf(outcome)) continue
        throw new Error(`different decisions: ${JSON.stringify({ member, message, theirs, outcome })}`)
      }
      compared++
    }
  }
  return { processors, events, people, compared }
}

const nameOf = (outcome: RuleOutcome | undefined) =>
  outcome === undefined || outcome.rule === null ? null : `${outcome.rule.kind} ${outcome.rule.ruleId}`

const rulesOf = (member: Member) => rulesetOf(member, member.own ?? {})

function populationOf(members: readonly Member[]): Population {
  const population = createPopulation({ roomId: ROOM, defaults: SETTINGS })
  for (const { own, ...person } of members) {
    if (own === undefined) population.setDefaultMember(person.userId, person.displayName)
    else population.set({ ...person, rules: analysisOf(person, own) })
  }
  return population
}

/**
 * Alternates between both, so that other load on the machine affects both. `once` returns the number of its
 * evaluations.
 */
function inTurns(ours: () => number, theirs: () => number): Rates {
  const rates: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let at = 0; at <= ROUNDS; at++) {
    const [one, other] = [rateOf(ours), rateOf(theirs)]
    if (at === 0) continue // warm-up
    rates.ours.push(one)
    rates.theirs.push(other)
  }
  return { ours: median(rates.ours), theirs: median(rates.theirs) }
}

function rateOf(once: () => number): number {
  const started = monotonicMs()
  let count = 0
  let now = started
  while (now < started + ROUND_MS) {
    count += once()
    now = monotonicMs()
  }
  return (count * 1000) / (now - started)
}

/**
 * One user with a keyword, a muted room and a muted sender. The events are prepared before on both sides,
 * because a server prepares an event once for all members. `anew`: Belfry again, with each event prepared
 * from its JSON object.
 */
function measureSingle(messages: readonly Message[], peer: Peer): Rates & { anew: number } {
  const index = peer.people.findIndex(({ own }) => own?.content?.length === 1 && own.sender?.length === 1)
  const member = peer.people[index]
  const processor = peer.processors[index]
  if (member === undefined || processor === undefined) throw new Error('no member has rules of each kind')
  const compiled = compileRules(rulesOf(member))
  const context = { ...CONTEXT, userId: member.userId, displayName: member.displayName }
  const ready = messages.map(prepareEvent)
  const ours = () => {
    for (const event of ready) evaluate(compiled, event, context)
    return ready.length
  }
  const anew = () => {
    for (const message of messages) evaluate(compiled, prepareEvent(message), context)
    return messages.length
  }
  const theirs = () => {
    for (const event of peer.events) processor.evaluate(event)
    return peer.events.length
  }
  return { ...inTurns(ours, theirs), anew: inTurns(anew, theirs).ours }
}

function measureRoom(members: readonly Member[], messages: readonly Message[], peer: Peer): Rates {
  const population = populationOf(members)
  let next = 0
  return inTurns(
    () => {
      for (const message of messages) population.evaluate(prepareEvent(message), CONTEXT)
      return messages.length * members.length
    },
    () => {
      const event = peer.events[next++ % peer.events.length] as MatrixEvent
      for (const processor of peer.processors) processor.evaluate(event)
      return peer.processors.length
    },
  )
}

/** The time of one event in microseconds. */
function measureGrowth(
  members: readonly Member[],
  messages: readonly Message[],
): { few: number; many: number } {
  const custom = members.filter(({ own }) => own !== undefined)
  const withDefaults = (count: number) =>
    populationOf([
      ...custom,
      ...Array.from({ length: count }, (_, at) => ({ ...personOf(MEMBERS + at), own: undefined })),
    ])
  const [few, many] = [withDefaults(MEMBERS), withDefaults(MANY_DEFAULTS)]
  const once = (population: Population) => () => {
    for (const message of messages) population.evaluate(prepareEvent(message), CONTEXT)
    return messages.length
  }
  const rates = inTurns(once(few), once(many))
  return { few: 1e6 / rates.ours, many: 1e6 / rates.theirs }
}

/** Rules are parsed from JSON, as from a database, and the parsed objects are not kept. */
function memoryOfCustomMembers(): number {
  const random = randomFrom(2)
  const stored = Array.from({ length: MEMBERS }, (_, at) => JSON.stringify(ownRulesOf(at, random, MEMBERS)))
  const messages = messagesOf(50, random, MEMBERS)
  const before = heapUsed()
  const population = createPopulation({ roomId: ROOM, defaults: SETTINGS })
  stored.forEach((json, at) => {
    const person = personOf(at)
    population.set({ ...person, rules: analysisOf(person, JSON.parse(json) as Partial<Ruleset>) })
  })
  for (const message of messages) population.evaluate(prepareEvent(message), CONTEXT)
  const used = heapUsed() - before
  // Both are used here, so neither can have been collected before.
  if (population.size !== stored.length) throw new Error('members were lost')
  return used / 2 ** 20
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
