import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { diagnose } from '../../src/console-api/doctor/diagnose.ts'
import { doctorFacts } from '../../src/console-api/doctor/facts.ts'
import { FINDING_CODES, FINDINGS } from '../../src/console-api/doctor/finding.ts'
import { noRules } from '../../src/user-rules/read-rules.ts'
import type { PushRule } from '../../src/push-rules/index.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { QueuedPusher } from '../../src/pushers/status-store.ts'
import type { Arrival } from '../../src/trace/arrival/arrivals.ts'
import { onEachDatabase } from '../support/databases.ts'

const alice = '@alice:here' as UserId

onEachDatabase('the facts of the doctor', (open) => {
  test('are empty for a user without pushers, rules and rooms', async (t) => {
    const db = await open(t)
    const facts = await doctorFacts(
      db,
      { legacyMentionRules: true },
      {
        userId: alice,
        now: 1,
        isServedAlone: true,
      },
    )
    const { total, findings } = diagnose(facts, alice) as { total: number; findings: { code: string }[] }
    assert.deepEqual([total, findings[0]?.code], [1, 'no pusher'])
  })
})

const facts = (override: PushRule[]) => ({
  userId: alice,
  now: 1,
  settings: { legacyMentionRules: true },
  rules: { global: { ...noRules(), override }, device: new Map() },
  rooms: [],
  roomIds: new Set<string>(),
  pushers: [],
  holders: [],
  arrivals: new Map(),
  removed: [],
  isDelivering: true,
})

test('the doctor lists the most severe findings first, and at most 200', () => {
  const rules = Array.from({ length: 300 }, (_, at) => ({
    rule_id: `r${at}`,
    default: false,
    enabled: true,
    conditions: [{ kind: `org.example.${at}` }],
    actions: [],
  }))
  const { total, findings } = diagnose(facts(rules), alice) as {
    total: number
    findings: { code: string; remedies: unknown[] }[]
  }
  assert.deepEqual([total, findings.length, findings[0]?.code], [301, 200, 'no pusher'])
  assert.equal(findings[1]?.remedies.length, 1)
})

test('an administrator gets no remedies', () => {
  const rule = { rule_id: 'r', default: false, enabled: true, conditions: [{ kind: 'x' }], actions: [] }
  const { findings } = diagnose(facts([rule]), '@root:here' as UserId) as {
    findings: { remedies: unknown[] }[]
  }
  assert.ok(findings.length > 0 && findings.every(({ remedies }) => remedies.length === 0))
})

test('the doctor finds a device that has fetched nothing for three days, and no app that never fetches', () => {
  const pusher = {
    pusher_id: 1,
    app_id: 'org.example.app',
    app_display_name: 'Example',
    device_display_name: 'Phone',
    pushkey: 'k',
    kind: 'http',
    handle: null,
    enabled: 1,
    activated: 1,
    failing_since: null,
  } as unknown as QueuedPusher
  const day = 86_400_000
  const now = 100 * day
  const arrivals = (age: number, states: readonly Arrival['state'][]): Arrival[] =>
    states.map((state, at) => ({
      state,
      sentAt: now - age - at * 1000,
      at: now - age - at * 1000,
      expected: true,
    }))
  const codes = (results: Arrival[]) => {
    const found = diagnose(
      { ...facts([]), now, pushers: [pusher], arrivals: new Map([[1, results]]) },
      alice,
    ) as { findings: { code: string }[] }
    return found.findings.map(({ code }) => code).filter((code) => code !== 'calls cannot ring')
  }
  const fetched = Array<Arrival['state']>(10).fill('fetched')
  const unseen = arrivals(0, ['not seen', 'not seen'])
  assert.deepEqual(codes([...unseen, ...arrivals(4 * day, fetched)]), ['pushes do not arrive'])
  assert.deepEqual(codes([...unseen, ...arrivals(2 * day, fetched)]), [])
  assert.deepEqual(codes(arrivals(0, fetched)), [])
  assert.deepEqual(codes(arrivals(0, Array<Arrival['state']>(10).fill('missed'))), [])
})

test('docs/doctor.md has each finding with its severity and advice', () => {
  const text = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')
  for (const code of FINDING_CODES) {
    const { severity, advice } = FINDINGS[code]
    const row = text.split('\n').find((line) => line.startsWith(`| \`${code}\` |`))
    assert.ok(row?.includes(`| ${severity} |`) && row.endsWith(`| ${advice} |`), code)
  }
})
