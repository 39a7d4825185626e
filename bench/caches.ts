import { BoundedMap } from '../src/lib/bounded-map.ts'
import type { Benchmark } from './benchmark.ts'
import { monotonicMs } from './support/monotonic.ts'
import { inTurns } from './support/rounds.ts'
import { randomFrom } from './support/rule-population.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

// The cost of a cache operation, in one process. The peer is a `Map` kept in order of use by deleting and
// setting the entry again.

const LIMITS = [256, 10_000, 50_000]
const OPERATIONS = 200_000
const ROUNDS = 7
const MAX_COST = 1 / 5

type Value = { readonly tokens: number }
type Cache = { get(key: string): Value | undefined; set(key: string, value: Value): void }

const CONTENDERS = {
  Map: (limit: number): Cache => orderedMap(limit),
  BoundedMap: (limit: number): Cache => new BoundedMap<string, Value>({ limit }),
}

type Name = keyof typeof CONTENDERS
const NAMES = Object.keys(CONTENDERS) as Name[]

type Cost = { hitNs: number; evictionNs: number }

export const caches: Benchmark = {
  name: 'caches',
  about: 'the cost of a hit and of an eviction, compared with a Map in order of use',
  method: [
    '`src/lib/bounded-map.ts` beside a `Map` that is kept in the order of use by deleting and setting an entry again, in one process.',
    'Measured are a hit, and a miss with its new entry and the eviction that follows.',
  ],
  async run() {
    const found: { limit: number; costs: Record<Name, Cost> }[] = []
    for (const limit of LIMITS) found.push({ limit, costs: await measure(limit) })
    const largest = found.at(-1)?.costs
    const share = (largest?.BoundedMap.evictionNs ?? NaN) / (largest?.Map.evictionNs ?? NaN)
    return {
      tables: [
        {
          title: 'Nanoseconds: a hit, and a miss with its new entry and eviction',
          columns: ['entries', ...NAMES.flatMap((name) => [`${name}, hit`, 'eviction'])],
          rows: found.map(({ limit, costs }) => [
            figure(limit),
            ...NAMES.flatMap((name) => [figure(costs[name].hitNs), figure(costs[name].evictionNs)]),
          ]),
        },
      ],
      targets: [
        atMost(
          `with ${figure(LIMITS.at(-1) ?? NaN)} entries an eviction costs at most ${figure(MAX_COST, 1)} of the Map's`,
          { value: share, limit: MAX_COST, unit: 'share' },
        ),
      ],
      figures: Object.fromEntries(found.map(({ limit, costs }) => [limit, costs])),
    }
  },
}

async function measure(limit: number): Promise<Record<Name, Cost>> {
  const random = randomFrom(1)
  const known = Array.from({ length: limit }, (_, at) => `@user${at}:example.org`)
  const hits = Array.from({ length: OPERATIONS }, () => known[Math.floor(random() * limit)] ?? '')
  const misses = Array.from({ length: OPERATIONS }, (_, at) => `2001:db8:${at.toString(16)}::/64`)
  const rounds = await inTurns(NAMES, ROUNDS, async (name): Promise<Cost> => {
    const cache = CONTENDERS[name](limit)
    for (const key of known) cache.set(key, { tokens: 1 })
    const hitNs = nanosecondsEach(hits, (key) => cache.get(key) !== undefined)
    const evictionNs = nanosecondsEach(misses, (key) => {
      if (cache.get(key) !== undefined) return false
      cache.set(key, { tokens: 1 })
      return true
    })
    return { hitNs, evictionNs }
  })
  const costOf = (name: Name) =>
    rounded({
      hitNs: medianOf(rounds[name], (one) => one.hitNs),
      evictionNs: medianOf(rounds[name], (one) => one.evictionNs),
    })
  return Object.fromEntries(NAMES.map((name) => [name, costOf(name)])) as Record<Name, Cost>
}

function nanosecondsEach(keys: readonly string[], work: (key: string) => boolean): number {
  const startedAt = monotonicMs()
  let done = 0
  for (const key of keys) if (work(key)) done++
  const tookMs = monotonicMs() - startedAt
  if (done !== keys.length) throw new Error(`${done} of ${keys.length} operations had the expected result`)
  return (tookMs * 1e6) / keys.length
}

function orderedMap(limit: number): Cache {
  const entries = new Map<string, Value>()
  const put = (key: string, value: Value) => {
    entries.delete(key)
    entries.set(key, value)
  }
  return {
    get(key) {
      const value = entries.get(key)
      if (value !== undefined) put(key, value)
      return value
    },
    set(key, value) {
      put(key, value)
      const oldest = entries.keys().next()
      if (entries.size > limit && !oldest.done) entries.delete(oldest.value)
    },
  }
}
