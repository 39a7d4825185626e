import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOTHING_DONE } from '../../src/delivery/attempt.ts'
import { giveBack } from '../../src/delivery/hold-store.ts'
import { recordOutcomes } from '../../src/delivery/outcome-store.ts'
import { claimPushers, retriesDue } from '../../src/delivery/pusher-state-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, buildTower, carol } from './tower.ts'

onEachDatabase('what is written down of pushers that wait', (open) => {
  test('who is held may be leased before its time, who has failed may not; a gateway that rests ends the hold', async (t) => {
    const tower = await buildTower(t, await open(t))
    for (const userId of [bob, carol])
      await tower.setPusher(userId, { data: { url: 'https://push.test' }, append: true })
    await tower.say(alice, 'hello')
    const rows = await tower.pusherRows()
    const [held, failed] = rows.map((row) => row.pusher_id) as [number, number]
    const now = tower.clock.now()
    const lease = { owner: 'me', until: now + 60_000, now }
    const claim = () => tower.db.transaction((tx) => claimPushers(tx, [held, failed], lease))
    const outcome = { ...NOTHING_DONE, setAt: now, nextAttemptAt: now + 5000, release: false }

    assert.equal((await claim()).size, 2)
    const turns = await tower.db.transaction((tx) =>
      recordOutcomes(tx, lease, [
        { ...outcome, pusherId: held, kind: 'held', heldUntil: now + 9000 },
        { ...outcome, pusherId: failed, kind: 'failed', error: 'network' },
      ]),
    )
    assert.deepEqual(turns, ['released', 'released'])
    const after = await tower.pusherRows()
    assert.deepEqual(
      after.map((row) => [row.held_until, row.next_attempt_at, row.failing_since]),
      [
        [now + 9000, now + 5000, null],
        [null, now + 5000, now],
      ],
    )
    assert.deepEqual(await retriesDue(tower.db, { now: now + 4999, limit: 9 }), {
      due: [],
      nextAt: now + 5000,
    })
    assert.deepEqual((await retriesDue(tower.db, { now: now + 5000, limit: 9 })).due, [held, failed])

    assert.deepEqual([...(await claim()).keys()], [held])
    const resting = { until: now + 7000, error: 'network' }
    await tower.db.transaction((tx) => giveBack(tx, lease, [{ pusherId: held }]))
    assert.equal((await tower.pusherRows())[0]?.held_until, now + 9000)
    assert.equal((await claim()).size, 1)
    await tower.db.transaction((tx) => giveBack(tx, lease, [{ pusherId: held, resting }]))
    assert.equal((await tower.pusherRows())[0]?.held_until, null)
    assert.equal((await claim()).size, 0)
  })
})
