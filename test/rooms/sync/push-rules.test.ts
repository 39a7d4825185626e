import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteRule, putRule, setRuleActions, setRuleEnabled } from '../../../src/user-rules/change-rules.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { createRulesFixture } from '../../accounts/fixture.ts'
import { createSyncFixture, type SyncBody, user } from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const WAIT = 30_000

const rulesIn = (body: SyncBody) => body.account_data.events.filter((event) => event.type === 'm.push_rules')

onEachDatabase('push rules in /sync', (open) => {
  test('each change wakes a long poll, which returns all rules once', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const rules = createRulesFixture(fixture.db, { bus: fixture.bus })
    const roomId = await fixture.create(alice)
    const key = { userId: alice, scope: '', kind: 'room' as const, ruleId: roomId }
    const first = await fixture.sync(alice)
    assert.deepEqual(Object.keys(rulesIn(first)[0]?.content ?? {}), ['global'])
    let since = first.next_batch
    for (const change of [
      () => putRule(rules, key, { content: { actions: [] } }),
      () => setRuleEnabled(rules, key, false),
      () => setRuleActions(rules, key, ['notify']),
      () => setRuleEnabled(rules, { ...key, kind: 'override', ruleId: '.m.rule.master' }, true),
      () => putRule(rules, { ...key, scope: 'phone' }, { content: { actions: [] } }),
      () => deleteRule(rules, key),
    ]) {
      const response = fixture.sync(alice, since, { timeoutMs: WAIT })
      await fixture.clock.asleep()
      await change()
      const body = await response
      assert.equal(rulesIn(body).length, 1)
      assert.deepEqual(rulesIn(body), rulesIn(await fixture.sync(alice)))
      since = body.next_batch
    }
    assert.deepEqual(Object.keys(rulesIn(await fixture.sync(alice))[0]?.content ?? {}), ['global', 'device'])
    await fixture.say(roomId, alice, 'something else')
    const later = await fixture.sync(alice, since)
    assert.ok(later.rooms.join[roomId])
    assert.deepEqual(rulesIn(later), [])
  })

  test('changed rules are omitted with a filter, and are not sent to other users', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const rules = createRulesFixture(fixture.db, { bus: fixture.bus })
    const [mine, others] = [await fixture.sync(alice), await fixture.sync(bob)]
    const roomId = await fixture.create(alice)
    await putRule(
      rules,
      { userId: alice, scope: '', kind: 'room', ruleId: roomId },
      { content: { actions: [] } },
    )
    const filter = { account_data: { not_types: ['m.push_rules'] } }
    assert.deepEqual(rulesIn(await fixture.sync(alice, mine.next_batch, { filter })), [])
    assert.equal(rulesIn(await fixture.sync(alice, mine.next_batch)).length, 1)
    assert.deepEqual(rulesIn(await fixture.sync(bob, others.next_batch)), [])
  })

  test('changed default rules are sent once to a client with an older token', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const first = await fixture.sync(alice)
    const ruleIds = (body: SyncBody) =>
      rulesIn(body).flatMap(({ content }) =>
        (content as { global: Record<string, { rule_id: string }[]> }).global['underride']?.map(
          (rule) => rule.rule_id,
        ),
      )
    assert.ok(!ruleIds(first).includes('.m.rule.poll_start'))
    // The server restarts with other settings, without an event in a room.
    Object.assign(fixture.reads, { experimental: { polls: true } })
    const waiting = await fixture.sync(alice, first.next_batch, { timeoutMs: WAIT })
    assert.deepEqual(rulesIn(waiting), rulesIn(await fixture.sync(alice)))
    assert.ok(ruleIds(waiting).some((ruleId) => ruleId?.includes('poll_start')))
    assert.deepEqual(rulesIn(await fixture.sync(alice, waiting.next_batch)), [])
    const filter = { account_data: { not_types: ['m.push_rules'] } }
    const filtered = await fixture.sync(alice, first.next_batch, { filter })
    assert.deepEqual(rulesIn(filtered), [])
  })

  test('a token without the fingerprint of the default rules is accepted, and the rules are sent', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice'])
    const roomId = await fixture.create(alice)
    const { next_batch: now } = await fixture.sync(alice)
    await fixture.say(roomId, alice, 'later')
    const old = now.split('_').slice(0, 2).join('_')
    const body = await fixture.sync(alice, old)
    assert.equal(rulesIn(body).length, 1)
    assert.equal(body.rooms.join[roomId]?.timeline.events.length, 1)
    assert.deepEqual(rulesIn(await fixture.sync(alice, body.next_batch)), [])
  })
})
