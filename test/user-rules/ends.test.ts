import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { upsertProfileField } from '../../src/accounts/profile-store.ts'
import { timeZoneChanged } from '../../src/user-rules/reschedule-digests.ts'
import { nextDigest } from '../../src/user-rules/digests-store.ts'
import { copyDeviceRules, putRule } from '../../src/user-rules/change-rules.ts'
import { endRules, startRuleEnder } from '../../src/user-rules/end-rules.ts'
import { rulesetOf } from '../../src/user-rules/read-rules.ts'
import { ruleByKey } from '../../src/user-rules/rules-store.ts'
import { createRulesFixture } from '../accounts/fixture.ts'
import { afterTest } from '../support/after-test.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'

const SETTINGS = { legacyMentionRules: false }
const users = ['@alice:x', '@bob:x'] as UserId[]
const key = (userId: UserId, ruleId = '!room:x', scope = '') => ({
  userId,
  scope,
  kind: 'room' as const,
  ruleId,
})

onEachDatabase('reading rules with conditions on facts about their owner', (open) => {
  test('costs one statement for each fact that a condition uses, and none otherwise', async (t) => {
    const db = await open(t)
    const rules = createRulesFixture(db)
    const alice = users[0] as UserId
    const put = (ruleId: string, condition: object) =>
      putRule(
        rules,
        { userId: alice, scope: '', kind: 'override', ruleId },
        { content: { actions: [], conditions: [condition as { kind: string }] } },
      )
    const statements = async () => {
      const { db: counted, count } = counting(db)
      await rulesetOf(counted, alice, SETTINGS)
      return count.read
    }
    await put('plain', { kind: 'event_match', key: 'room_id', pattern: '!room:x' })
    const plain = await statements()
    assert.equal(plain, 3)
    await put('night', { kind: 'time_and_day', intervals: [{}] })
    assert.equal(await statements(), plain + 1)
    await put('favourites', { kind: 'org.belfry.room_tag', tag: 'm.favourite', tagged: true })
    assert.equal(await statements(), plain + 2)
  })
})

onEachDatabase('the time of a digest', (open) => {
  test('moves when the time zone of the user changes', async (t) => {
    const db = await open(t)
    const clock = createManualClock(Date.parse('2026-07-01T20:30Z'))
    const rules = createRulesFixture(db, { clock })
    const alice = users[0] as UserId
    const conditions = [{ kind: 'time_and_day', intervals: [{ time_of_day: ['22:00', '07:00'] }] }]
    await putRule(
      rules,
      { userId: alice, scope: '', kind: 'override', ruleId: 'night' },
      { content: { actions: [], conditions, 'org.belfry.digest': true } },
    )
    const digestAt = async () => new Date((await db.first(nextDigest, {}))?.digest_at ?? 0).toISOString()
    assert.equal(await digestAt(), '2026-07-02T07:01:00.000Z')
    rules.changes.length = 0
    await db.transaction(
      async (tx) => {
        await tx.run(upsertProfileField, { userId: alice, name: 'm.tz', value: '"Europe/Berlin"' })
        await timeZoneChanged(rules, tx, alice)
      },
      { orderedBy: alice },
    )
    assert.equal(await digestAt(), '2026-07-02T05:01:00.000Z')
    assert.equal(rules.changes.length, 1, 'the rules have changed')
  })
})

onEachDatabase('rules with a digest', (open) => {
  const alice = users[0] as UserId
  const until = { 'org.belfry.until': 1000 }

  test('are ten for a user at most', async (t) => {
    const db = await open(t)
    const rules = createRulesFixture(db, { clock: createManualClock(0) })
    const put = (ruleId: string, scope: string, digest?: true) =>
      putRule(rules, key(alice, ruleId, scope), {
        content: { actions: [], ...until, 'org.belfry.digest': digest },
      })
    for (let n = 0; n < 10; n++) await put(`!${n}:x`, n % 2 === 0 ? '' : 'phone', true)
    await put('!0:x', '', true)
    await put('!more:x', '')
    await assert.rejects(put('!more:x', '', true), {
      status: 400,
      errcode: 'M_INVALID_PARAM',
      message: /more than 10 push rules with org.belfry.digest/,
    })
    await assert.rejects(
      db.transaction((tx) => copyDeviceRules(rules, tx, { userId: alice, from: 'phone', to: 'tablet' }), {
        orderedBy: alice,
      }),
      { status: 400 },
    )
  })

  test('sum up from the time at which the digest was switched on', async (t) => {
    const db = await open(t)
    const rules = createRulesFixture(db, { clock: createManualClock(0) })
    const put = async (digest?: true) => {
      await putRule(rules, key(alice), { content: { actions: [], ...until, 'org.belfry.digest': digest } })
      return (await db.first(ruleByKey, key(alice)))?.digest_from
    }
    const first = await put(true)
    assert.ok(first)
    assert.equal(await put(true), first, 'a change of the rule keeps it')
    assert.equal(await put(), null)
    assert.ok(((await put(true)) ?? 0) > first)
  })
})

onEachSharedDatabase('the end of rules', (openTwo) => {
  test('removes rules once when two processes do it at the same time, and announces each user once', async (t) => {
    const [one, other] = await openTwo(t)
    const clock = createManualClock()
    const here = createRulesFixture(one, { clock })
    const there = createRulesFixture(other, { clock })
    for (const userId of users) {
      await putRule(here, key(userId), { content: { actions: [], 'org.belfry.until': clock.now() + 1000 } })
      await putRule(here, key(userId, '!room:x', 'phone'), {
        content: { actions: [], 'org.belfry.until': clock.now() + 1000 },
      })
      await putRule(here, key(userId, '!later:x'), {
        content: { actions: [], 'org.belfry.until': clock.now() + 1001 },
      })
    }
    here.changes.length = 0
    assert.equal(await endRules(here), 0)
    clock.advance(1000)
    const ended = await Promise.all([endRules(here), endRules(there)])
    assert.equal(ended[0] + ended[1], 4)
    const told = [...here.changes, ...there.changes]
    assert.deepEqual(told.map(({ userId }) => userId).toSorted(), users)
    for (const userId of users) {
      const { global, device, version } = await rulesetOf(one, userId, SETTINGS)
      assert.deepEqual([global.room.map((rule) => rule.rule_id), device.size], [['!later:x'], 0])
      assert.equal(version, told.find((change) => change.userId === userId)?.position)
    }
  })

  test('removes a rule at its end, also one that another process has set', async (t) => {
    const [one, other] = await openTwo(t)
    const clock = createManualClock()
    const here = createRulesFixture(one, { clock })
    const there = createRulesFixture(other, { clock })
    const ender = startRuleEnder({ ...here, log: silentLog })
    afterTest(t, () => ender[Symbol.asyncDispose]())
    const [alice, bob] = users as [UserId, UserId]
    await putRule(here, key(alice), { content: { actions: [], 'org.belfry.until': clock.now() + 5000 } })
    await putRule(there, key(bob), { content: { actions: [], 'org.belfry.until': clock.now() + 9000 } })
    const rulesOf = async (userId: UserId) => (await rulesetOf(one, userId, SETTINGS)).global.room.length
    clock.advance(5000)
    await eventually(async () => (await rulesOf(alice)) === 0)
    assert.equal(await rulesOf(bob), 1)
    clock.advance(25_000)
    await eventually(async () => (await rulesOf(bob)) === 0)
  })
})
