import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../src/storage/database.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { countingClock } from './counting-clock.ts'
import { openGateway, type PushGiven, type Script, unavailable } from './fixture.ts'

/** A gateway whose provider is unavailable for the device `unavailable`. */
async function open(given: Database) {
  const { db, count } = counting(given)
  const { clock, areAtRest, loopsAtRest } = countingClock()
  const script: Script = ({ device }) =>
    device.pushkey === 'unavailable' ? { ...unavailable, isOfDevice: true } : undefined
  const fixture = await openGateway(db, { script, clock })
  await loopsAtRest()
  /** Counts the statements of a notification until everything is written. */
  const statementsOf = async (push: PushGiven) => {
    Object.assign(count, { read: 0, write: 0, transactions: 0 })
    await fixture.push(push)
    await eventually(() => count.transactions > 0 && areAtRest())
    await fixture.gateway[Symbol.asyncDispose]()
    return { ...count }
  }
  return { fixture, statementsOf }
}

onEachDatabase('the database statements of a notification in the gateway', (onDatabase) => {
  test('one read, and one write after the answer, when the first attempt is delivered and nothing is queued', async (t) => {
    const { statementsOf } = await open(await onDatabase(t))
    assert.deepEqual(await statementsOf({ counts: { unread: 1 } }), { read: 1, write: 1, transactions: 1 })
  })

  test('one write more while a notification for another device is queued', async (t) => {
    const { fixture, statementsOf } = await open(await onDatabase(t))
    await fixture.push({ pushkey: 'unavailable' })
    const { write, transactions } = await statementsOf({ event: '$2', counts: { unread: 1 } })
    assert.deepEqual({ write, transactions }, { write: 2, transactions: 1 })
  })

  test('three writes and two more reads when it is queued as the first of its device', async (t) => {
    const { statementsOf } = await open(await onDatabase(t))
    const statements = await statementsOf({ pushkey: 'unavailable', counts: { unread: 1 } })
    assert.deepEqual(statements, { read: 3, write: 3, transactions: 1 })
  })
})
