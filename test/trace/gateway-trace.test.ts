import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGatewayTrace } from '../../src/trace/gateway-trace.ts'
import { gatewayStepsOfEvent } from '../../src/trace/gateway-store.ts'
import { createTrace, type GatewayStep, NO_TRACE } from '../../src/trace/trace.ts'
import { openTestSqlite } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

const trace = createTrace({ isEnabled: true })
const step = (attempt: number): GatewayStep => ({
  eventId: '$event',
  appId: 'app',
  pushkeyHash: 'hash',
  at: 1,
  attempt,
  outcome: 'retry',
})

test('recorded steps are written in order before disposal completes', async (t) => {
  const db = await openTestSqlite(t)
  {
    await using gateway = createGatewayTrace({ db, trace, log: silentLog })
    for (let attempt = 1; attempt <= 300; attempt++) gateway.record(step(attempt))
  }
  const rows = await db.all(gatewayStepsOfEvent, { eventId: '$event' })
  assert.deepEqual(
    rows.map(({ attempt }) => attempt),
    Array.from({ length: 300 }, (_, at) => at + 1),
  )
})

test('a failing database loses the step and is logged', async (t) => {
  const db = await openTestSqlite(t)
  const errors: unknown[] = []
  const log = { ...silentLog, error: (fields: unknown) => void errors.push(fields) } as typeof silentLog
  const failing = { ...db, transaction: () => Promise.reject(new Error('database is full')) }
  await using gateway = createGatewayTrace({ db: failing, trace, log })
  gateway.record(step(1))
  await gateway[Symbol.asyncDispose]()
  assert.equal(errors.length, 1)
})

test('nothing is written when the trace is disabled', async (t) => {
  const db = await openTestSqlite(t)
  {
    await using gateway = createGatewayTrace({ db, trace: NO_TRACE, log: silentLog })
    gateway.record(step(1))
  }
  assert.deepEqual(await db.all(gatewayStepsOfEvent, { eventId: '$event' }), [])
})
