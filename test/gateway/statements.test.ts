import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../src/storage/database.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { openGateway, type PushGiven, type Script, unavailable } from './fixture.ts'

/** The sweepers of what is remembered and of the queue, and the loop of the sending engine. */
const LOOPS = 5

function countingClock() {
  const clock = createManualClock()
  let sleeping = 0
  const sleep: typeof clock.sleep = async (ms, signal) => {
    sleeping++
    await clock.sleep(ms, signal)
    sleeping--
  }
  return { clock: { ...clock, sleep }, sleeping: () => sleeping }
}

/** A gateway that does not reach the device `away`. */
async function open(given: Database) {
  const { db, count } = counting(given)
  const { clock, sleeping } = countingClock()
  const script: Script = ({ device }) =>
    device.pushkey === 'away' ? { ...unavailable, isOfDevice: true } : undefined
  const it = await openGateway(db, { script, clock })
  // All loops have looked once.
  await eventually(() => sleeping() >= LOOPS)
  /** What a notification asks of the database, until all is written. */
  const askedBy = async (push: PushGiven) => {
    Object.assign(count, { read: 0, write: 0, transactions: 0 })
    await it.push(push)
    await eventually(() => count.transactions > 0 && sleeping() >= LOOPS)
    await it.gateway[Symbol.asyncDispose]()
    return { ...count }
  }
  return { it, askedBy }
}

onEachDatabase('what a notification asks of the database of the gateway', (onDatabase) => {
  test('two reads and one statement behind the answer, when its first attempt is delivered and nothing waits', async (t) => {
    const { askedBy } = await open(await onDatabase(t))
    assert.deepEqual(await askedBy({ counts: { unread: 1 } }), { read: 2, write: 1, transactions: 1 })
  })

  test('one statement more while something waits for another device', async (t) => {
    const { it, askedBy } = await open(await onDatabase(t))
    await it.push({ pushkey: 'away' })
    const { write, transactions } = await askedBy({ event: '$2', counts: { unread: 1 } })
    assert.deepEqual({ write, transactions }, { write: 2, transactions: 1 })
  })

  test('three statements when it comes into the queue as the first of its device, and two reads more that find when it is due', async (t) => {
    const { askedBy } = await open(await onDatabase(t))
    const asked = await askedBy({ pushkey: 'away', counts: { unread: 1 } })
    assert.deepEqual(asked, { read: 4, write: 3, transactions: 1 })
  })
})
