import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createLastSeen } from '../../src/accounts/last-seen.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import type { Database, Transaction } from '../../src/storage/database.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'

const REMEMBERED = 20_000

/** `written`: the device ids in the order of writing. */
function open() {
  const written: string[] = []
  const tx = {
    run: async (_query: unknown, { seen }: { seen: readonly { device_id: string }[] }) => {
      written.push(...seen.map((one) => one.device_id))
      return seen.length
    },
  } as unknown as Transaction
  const db = {
    transaction: (work: (tx: Transaction) => Promise<unknown>) => work(tx),
  } as unknown as Database
  const clock = createManualClock()
  const lastSeen = createLastSeen({ db, clock, log: silentLog })
  const see = async (device: string) => {
    lastSeen.seen({ userId: '@alice:here' as UserId, deviceId: device as DeviceId }, '192.0.2.1')
    await lastSeen[Symbol.asyncDispose]()
  }
  return { written, clock, see }
}

describe('the last-seen time of a device', () => {
  test('is written at its first request and then once a minute', async () => {
    const { written, clock, see } = open()
    await see('PHONE')
    clock.advance(59_999)
    await see('PHONE')
    assert.deepEqual(written, ['PHONE'])
    clock.advance(1)
    await see('PHONE')
    assert.deepEqual(written, ['PHONE', 'PHONE'])
  })

  test('is cached for the 20,000 devices written last', async () => {
    const { written, see } = open()
    for (let n = 0; n <= REMEMBERED; n++) await see(`DEVICE ${n}`)
    assert.equal(written.length, REMEMBERED + 1)
    for (const n of [1, REMEMBERED]) await see(`DEVICE ${n}`)
    assert.equal(written.length, REMEMBERED + 1)
    await see('DEVICE 0')
    assert.equal(written.at(-1), 'DEVICE 0')
    assert.equal(written.length, REMEMBERED + 2)
  })
})
