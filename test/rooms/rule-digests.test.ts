import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { sendDigests } from '../../src/rooms/rule-digests.ts'
import { query } from '../../src/storage/query.ts'
import { putRule } from '../../src/user-rules/change-rules.ts'
import { createNotificationsFixture, NOW, room, user } from '../notifications/fixture.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'

const [alice, bob] = [user('alice'), user('bob')]
const items = query()((db) =>
  db.selectFrom('lane_items').select(['lane_id', 'position', 'payload']).orderBy('position'),
)
const digestTimes = query()((db) => db.selectFrom('push_rules').select(['rule_id', 'digest_at']))

onEachSharedDatabase('digests of push rules', (openTwo) => {
  test('are queued once by two processes, for the newest unread event that the rule has held back', async (t) => {
    const [one, other] = await openTwo(t)
    const fixture = createNotificationsFixture(one)
    const roomId = room('digest')
    for (const userId of [alice, bob]) await fixture.join(roomId, userId)
    const pusherId = await fixture.addPusher(alice)
    const mute = { userId: alice, scope: '', kind: 'room' as const, ruleId: roomId }
    const content = { actions: [], 'org.belfry.until': NOW + 1000, 'org.belfry.digest': true as const }
    await fixture.say(roomId, bob, 'before')
    await one.transaction((tx) =>
      tx.run(
        query()((db) => db.deleteFrom('lane_items')),
        {},
      ),
    )
    await putRule(fixture.rules, mute, { content })
    await fixture.say(roomId, bob, 'held')
    const newest = await fixture.say(roomId, bob, 'held')
    await fixture.send({ roomId, sender: bob, type: 'm.reaction', content: {} })

    const deps = (db: typeof one, at: number) => ({
      db,
      bus: createLocalBus(),
      clock: createManualClock(at),
      log: silentLog,
      settings: { legacyMentionRules: true },
    })
    assert.equal(await sendDigests(deps(one, NOW + 999)), 0)
    const sent = await Promise.all([sendDigests(deps(one, NOW + 1000)), sendDigests(deps(other, NOW + 1000))])
    assert.equal(sent[0] + sent[1], 1)
    const digest = { count: 2, rooms: [{ room_id: roomId, count: 2 }] }
    const queued = (await one.all(items, {})).map(({ payload, ...row }) => ({
      ...row,
      digest: JSON.parse(payload ?? 'null'),
    }))
    assert.deepEqual(queued, [{ lane_id: pusherId, position: newest.position, digest }])
    assert.deepEqual(await one.all(digestTimes, {}), [{ rule_id: roomId, digest_at: null }])
  })
})
