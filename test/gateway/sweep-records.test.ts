import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteSurplusRecords } from '../../src/gateway/sweep-records.ts'
import {
  countRejections,
  countSeen,
  noteSeen,
  putRejection,
  remembered,
} from '../../src/gateway/seen-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import { delivered, openGateway } from './fixture.ts'

onEachDatabase('the memory of sent notifications', (open) => {
  test('is bounded in number, and the oldest are forgotten', async (t) => {
    const db = await open(t)
    const keys = Array.from({ length: 1500 }, (_, n) => `message ${n}`)
    await db.transaction(async (tx) => {
      await noteSeen(
        tx,
        keys.map((messageKey, at) => ({ messageKey, outcome: 'delivered' as const, at })),
      )
      for (let at = 0; at < 12; at++) await tx.run(putRejection, { deviceKey: `device ${at}`, at })
    })
    assert.equal(await deleteSurplusRecords(db, 10), 1492)
    const known = await remembered(
      db,
      keys.map((messageKey) => ({ messageKey, deviceKey: 'device' })),
    )
    assert.deepEqual(
      known.flatMap(({ seen }) => seen?.at ?? []),
      Array.from({ length: 10 }, (_, n) => 1490 + n),
    )
    assert.deepEqual(await db.all(countSeen, {}), [{ count: 10 }])
    assert.deepEqual(await db.all(countRejections, {}), [{ count: 10 }])
    assert.equal(await deleteSurplusRecords(db, 10), 0)
  })

  test('contains no result that was decided without a request', async (t) => {
    const db = await open(t)
    await using fixture = await openGateway(db, {
      script: ({ device: { pushkey } }) =>
        pushkey === 'valid' ? delivered : { kind: 'rejected', reason: 'bad endpoint', isCertain: true },
    })
    assert.deepEqual(await fixture.push({ pushkey: 'valid' }), { rejected: [] })
    assert.deepEqual(await fixture.push({ pushkey: 'malformed' }), { rejected: ['malformed'] })
    assert.deepEqual(
      await fixture.push({ pushkey: 'malformed' }),
      { rejected: ['malformed'] },
      'also when it is repeated',
    )
    await fixture[Symbol.asyncDispose]()
    assert.deepEqual(await db.all(countSeen, {}), [{ count: 1 }])
  })
})
