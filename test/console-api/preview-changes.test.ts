import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesOf } from '../../src/console-api/preview-changes.ts'
import { deviceRules } from '../../src/delivery/device-rules.ts'
import { prepareEvent, type Ruleset } from '../../src/push-rules/index.ts'

const NO_RULES: Ruleset = { override: [], content: [], room: [], sender: [], underride: [] }

const rulesWith = (patterns: readonly string[]) =>
  deviceRules({
    global: {
      ...NO_RULES,
      content: patterns.map((pattern, at) => ({
        rule_id: `r${at}`,
        default: false,
        enabled: true,
        pattern,
        actions: ['notify'],
      })),
    },
    device: new Map(),
  })

const events = ['alpha', 'beta', 'alpha again'].map((body, at) => ({
  summary: { event_id: `$${at}`, origin_server_ts: 1000 - at },
  evaluated: prepareEvent({
    type: 'm.room.message',
    sender: '@bob:here',
    room_id: '!r:here',
    content: { body },
  }),
  context: { memberCount: 3, userId: '@alice:here' },
}))

test('a preview lists the changed events in their order', () => {
  const input = {
    before: rulesWith([]),
    after: rulesWith(['alpha']),
    pushers: [],
    budget: { left: 1_000_000 },
  }
  const changes = changesOf(events, input)
  assert.deepEqual([changes['events'], changes['since'], changes['is_cut']], [3, 998, false])
  const account = changes['account'] as { rings: number; changes: { event_id: string }[] }
  assert.equal(account.rings, 2)
  assert.deepEqual(
    account.changes.map((change) => change.event_id),
    ['$0', '$2'],
  )
})

test('rules that exceed the cost limit end the preview early', () => {
  const heavy = rulesWith(Array.from({ length: 200 }, (_, at) => `*${'ab'.repeat(20)}${at}*`))
  const input = { before: rulesWith([]), after: heavy, pushers: [], budget: { left: 3000 } }
  const changes = changesOf(events, input)
  assert.equal(changes['is_cut'], true)
  assert.ok(Number(changes['events']) < events.length)
})
