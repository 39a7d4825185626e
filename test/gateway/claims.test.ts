import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createClaims } from '../../src/gateway/claims.ts'
import { endClaimsOfDead } from '../../src/gateway/claims-store.ts'
import { messageKeyOf } from '../../src/gateway/keys.ts'
import { endTakenOfDead, LEASE_MS } from '../../src/gateway/queue-store.ts'
import type { ProviderResult } from '../../src/gateway/provider.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { delivered, membershipOf, notificationOf, openGateway, type Script, unavailable } from './fixture.ts'

const membership = membershipOf(2)

/** Two gateways on one database, as in two processes, with one clock. */
async function openBoth(databases: readonly [Database, Database], script: Script, mostQueued = 10_000) {
  const clock = createManualClock()
  const settings = {
    respondWithinMs: 10_000,
    lifeMs: 24 * 3_600_000,
    mostQueued,
    mostQueuedBytes: 1e9,
    mostQueuedBytesPerAddress: 1e9,
    mostRemembered: 1e6,
  }
  const open = (db: Database) => openGateway(db, { script, clock, deps: { membership, settings } })
  const [one, other] = [await open(databases[0]), await open(databases[1])]
  return {
    one,
    other,
    clock,
    /**
     * Lets time pass in small steps until the response is there. Each waits until the databases have written
     * what was to be written before, so that no time limit depends on their speed.
     */
    async whileTimePasses<T>(response: Promise<T>): Promise<T> {
      let isOver = false
      const end = () => void (isOver = true)
      response.then(end, end)
      await eventually(async () => {
        await Promise.all(databases.map((db) => db.transaction((tx) => tx.all(renewed, {}))))
        if (!isOver) clock.advance(100)
        return isOver
      })
      return response
    },
    async [Symbol.asyncDispose]() {
      await one[Symbol.asyncDispose]()
      await other[Symbol.asyncDispose]()
    },
  }
}

/** The claim of a process that was killed during the attempt for the default notification of `push`. */
async function claimAndDie(db: Database, clock: ReturnType<typeof createManualClock>): Promise<void> {
  const notification = notificationOf({})
  const [device] = notification.devices
  assert.ok(device)
  const key = messageKeyOf(device, notification)
  assert.ok(key)
  const claims = createClaims({ db, clock, log: silentLog, membership })
  assert.deepEqual([...(await db.transaction((tx) => claims.take(tx, [key])))], [key])
}

const renewed = query()((db) => db.selectFrom('lane_items').select('lane_id').where('counts', 'is not', null))

onEachSharedDatabase('a notification that two processes of the gateway get', (openTwo) => {
  const open = async (t: TestContext, script: Script, mostQueued?: number) => {
    const databases = await openTwo(t)
    return { databases, ...(await openBoth(databases, script, mostQueued)) }
  }

  test('is sent once when both get it at the same moment, and both accept it', async (t) => {
    const { promise: answer, resolve } = Promise.withResolvers<ProviderResult>()
    await using both = await open(t, () => answer)
    const { one, other } = both
    const responses = Promise.all([one.push(), other.push()])
    await eventually(() => one.sent.length + other.sent.length === 1)
    resolve(delivered)
    assert.deepEqual(await both.whileTimePasses(responses), [{ rejected: [] }, { rejected: [] }])
    assert.equal(one.sent.length + other.sent.length, 1)
    assert.deepEqual([...one.outcomes(), ...other.outcomes()].toSorted(), ['delivered', 'duplicate'])
  })

  test('is sent once when the attempt at one process takes too long and the notification is queued', async (t) => {
    const { promise: answer, resolve } = Promise.withResolvers<ProviderResult>()
    await using both = await open(t, () => answer)
    const { one, other } = both
    const first = one.push()
    await eventually(() => one.sent.length === 1)
    const responses = Promise.all([first, other.push()])
    assert.deepEqual(await both.whileTimePasses(responses), [{ rejected: [] }, { rejected: [] }])
    assert.deepEqual(other.outcomes(), ['duplicate'])
    resolve(delivered)
    await eventually(() => one.outcomes().includes('delivered'))
    assert.equal(one.sent.length + other.sent.length, 1)
  })

  test('is refused with 503 while a killed process has claimed it, and sent as soon as that process counts as dead', async (t) => {
    await using both = await open(t, () => undefined)
    const { databases, other, clock } = both
    await claimAndDie(databases[0], clock)
    await assert.rejects(both.whileTimePasses(other.push()), { status: 503 })
    assert.equal(other.sent.length, 0)
    // No process is registered, so all are dead.
    await databases[1].transaction((tx) => tx.run(endClaimsOfDead, {}))
    assert.deepEqual(await other.push(), { rejected: [] })
    assert.equal(other.sent.length, 1)
  })

  test('is sent by another process when the claim of a killed one has expired', async (t) => {
    await using both = await open(t, () => undefined)
    const { databases, other, clock } = both
    await claimAndDie(databases[0], clock)
    clock.advance(90_000)
    assert.deepEqual(await other.push(), { rejected: [] })
    assert.equal(other.sent.length, 1)
  })

  test('is sent again when the process that makes its first attempt dies after it was queued', async (t) => {
    let isUp = false
    const { promise: never } = Promise.withResolvers<ProviderResult>()
    await using both = await open(t, () => (isUp ? undefined : never))
    const { databases, one, other, clock } = both
    await both.whileTimePasses(one.push())
    assert.deepEqual(one.outcomes(), ['queued'])
    isUp = true
    // No process is registered, so all are dead.
    await databases[1].transaction((tx) => endTakenOfDead(tx))
    const from = clock.now()
    await eventually(() => {
      clock.advance(1000)
      return one.sent.length + other.sent.length === 2
    })
    // Otherwise after the longest attempt.
    assert.ok(clock.now() - from < LEASE_MS / 2)
  })

  test('is tried at the other process when one could not store it', async (t) => {
    let isUp = false
    await using both = await open(t, () => (isUp ? undefined : unavailable), 0)
    const { one, other } = both
    await assert.rejects(one.push(), { status: 503 })
    isUp = true
    // The claim ends after the response.
    await both.whileTimePasses(other.push())
    assert.deepEqual([one.sent.length, other.sent.length], [1, 1])
  })

  test('has newer counts when it waits in the queue of one process and the other delivers a newer one', async (t) => {
    let isUp = false
    await using both = await open(t, () => (isUp ? undefined : { ...unavailable, isOfDevice: true }))
    const { databases, one, other, clock } = both
    await one.push({ counts: { unread: 2 } })
    isUp = true
    await other.push({ event: '$newer', counts: { unread: 5 } })
    // The result is written after the response.
    await eventually(async () => (await databases[0].first(renewed, {})) !== undefined)
    const sent = () => [...one.sent, ...other.sent]
    await eventually(() => {
      clock.advance(1000)
      return sent().length === 3
    })
    assert.deepEqual(
      sent().map(({ notification }) => notification.counts?.unread),
      [2, 5, 5],
    )
  })
})
