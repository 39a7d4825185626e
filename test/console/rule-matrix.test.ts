import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AllRules,
  cellOf,
  EFFECTS,
  otherRules,
  requestsFor,
  rowsOf,
  type RulesOfScope,
  type Subject,
} from '../../src/console/page/rule-matrix.ts'

const room = '!room:here'
const rule = (ruleId: string, more: object = {}) => ({
  rule_id: ruleId,
  default: false,
  enabled: true,
  actions: [],
  ...more,
})
const inRoom = { kind: 'event_match', key: 'room_id', pattern: room }

/** The rules after requests, as the server stores them. */
function stored(rules: RulesOfScope, requests: ReturnType<typeof requestsFor>): RulesOfScope {
  let next = rules
  for (const { method, path, body } of requests) {
    const [kind = '', id = ''] = path.split('/').slice(-2).map(decodeURIComponent)
    const others = (next[kind] ?? []).filter((one) => one.rule_id !== id)
    next = { ...next, [kind]: method === 'DELETE' ? others : [rule(id, body), ...others] }
  }
  return next
}

test('each effect that is chosen for a cell is the effect of the stored rules, from every other effect', () => {
  const subjects: readonly Subject[] = ['room', 'sender', 'content']
  for (const subject of subjects) {
    const row = { subject, id: room, ...(subject === 'content' && { pattern: 'tea' }) }
    for (const from of EFFECTS[subject])
      for (const effect of EFFECTS[subject]) {
        const before = stored(
          {},
          requestsFor({ rules: {}, handle: '' }, row, { effect: from, until: undefined }),
        )
        const after = stored(before, requestsFor({ rules: before, handle: '' }, row, { effect, until: 5 }))
        const until = effect === 'inherits' ? undefined : 5
        assert.deepEqual(cellOf(after, row), { effect, until }, `${subject}: ${from} to ${effect}`)
        const count = Object.values(after).reduce((sum, list) => sum + (list?.length ?? 0), 0)
        assert.equal(count, effect === 'inherits' ? 0 : 1)
      }
  }
})

test('a room that another client muted by an override rule of its own is shown and unmuted', () => {
  const rules = {
    override: [rule('element-mute', { conditions: [inRoom] })],
    room: [rule(room, { actions: ['notify'] })],
  }
  const row = { subject: 'room', id: room } as const
  assert.equal(cellOf(rules, row).effect, 'muted')
  const requests = requestsFor({ rules, handle: 'my phone' }, row, { effect: 'inherits', until: undefined })
  assert.deepEqual(
    requests.map(({ method, path }) => `${method} ${path}`),
    [
      'DELETE /_matrix/client/v3/pushrules/device/my%20phone/override/element-mute',
      `DELETE /_matrix/client/v3/pushrules/device/my%20phone/room/${encodeURIComponent(room)}`,
    ],
  )
})

test('each rule is in one row or among the other rules, and disabled rules have no effect', () => {
  const conditions = [{ kind: 'event_match', key: 'type', pattern: 'm.call.*' }]
  const all: AllRules = {
    global: {
      override: [
        rule('mute', { conditions: [inRoom] }),
        rule('calls', { conditions }),
        rule('.m.rule.master', { default: true }),
      ],
      content: [rule('tea', { pattern: 'tea' })],
      underride: [rule('.m.rule.call', { default: true })],
    },
    device: { phone: { room: [rule(room)], sender: [rule('@bob:here', { enabled: false })] } },
  }
  assert.deepEqual(rowsOf(all, 'room'), [{ subject: 'room', id: room }])
  assert.deepEqual(rowsOf(all, 'content'), [{ subject: 'content', id: 'tea', pattern: 'tea' }])
  const [bob] = rowsOf(all, 'sender')
  assert.ok(bob)
  assert.equal(cellOf(all.device?.['phone'] ?? {}, bob).effect, 'inherits')
  assert.deepEqual(
    otherRules(all).map(({ handle, rule: one }) => [handle, one.rule_id]),
    [['', 'calls']],
  )
})
