import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setAccountData, writeAccountData } from '../../src/accounts/account-data.ts'
import { storeFilter } from '../../src/accounts/filters.ts'
import { startSession } from '../../src/accounts/sessions.ts'
import type { DeviceId, RoomId, UserId } from '../../src/lib/ids.ts'
import { onEachDatabase } from '../support/databases.ts'
import { quotas } from '../support/quotas.ts'
import { createAccountsFixture } from './fixture.ts'

const alice = '@alice:localhost' as UserId
const bob = '@bob:localhost' as UserId

onEachDatabase('quotas of a user', (open) => {
  test('account data counts by its total bytes, without read markers and data of other users', async (t) => {
    const db = await open(t)
    const { deps } = createAccountsFixture(db, {
      quotas: { ...quotas, account_data_bytes: 100, account_data_entries: 2 },
    })
    const put = (type: string, length: number, roomId: RoomId | '' = '') =>
      setAccountData(deps, { userId: alice, roomId, type }, { a: 'é'.repeat(length) })
    await setAccountData(deps, { userId: bob, roomId: '', type: 'a' }, { a: 'x'.repeat(80) })
    const marker = { userId: alice, roomId: '!room' as RoomId, type: 'm.fully_read' }
    await db.transaction(
      (tx) => writeAccountData(deps, tx, { ...marker, content: { event_id: 'x'.repeat(200) } }),
      { orderedBy: alice },
    )
    await put('a', 20)
    await put('a', 20, '!room' as RoomId)
    await assert.rejects(put('a', 22, '!room' as RoomId), { status: 413, errcode: 'M_TOO_LARGE' })
    await assert.rejects(put('b', 0), { status: 403, errcode: 'M_FORBIDDEN' })
    await put('a', 19)
    await put('a', 22, '!room' as RoomId)
    // Data that exceeded the quota before it was set may be made smaller.
    const smaller = { ...deps, quotas: { ...quotas, account_data_bytes: 10 } }
    const key = { userId: alice, roomId: '' as const, type: 'a' }
    await setAccountData(smaller, key, { a: 'x'.repeat(30) })
    await assert.rejects(setAccountData(smaller, key, { a: 'x'.repeat(31) }), { status: 413 })
  })

  test('filters and devices count only for their own user', async (t) => {
    const db = await open(t)
    const { deps } = createAccountsFixture(db, {
      quotas: { ...quotas, filters: 2, filter_bytes: 60, devices: 2 },
    })
    await storeFilter(deps, bob, { a: 'x'.repeat(40) })
    const id = await storeFilter(deps, alice, { a: 1 })
    await assert.rejects(storeFilter(deps, alice, { a: 'x'.repeat(60) }), { status: 413 })
    await storeFilter(deps, alice, { a: 2 })
    await assert.rejects(storeFilter(deps, alice, { a: 3 }), { status: 403 })
    assert.equal(await storeFilter(deps, alice, { a: 1 }), id)

    const login = (userId: UserId, device: string) =>
      db.transaction((tx) =>
        startSession(deps, tx, {
          userId,
          deviceId: device as DeviceId,
          displayName: undefined,
          address: null,
        }),
      )
    for (const device of ['A', 'B']) await login(alice, device)
    await assert.rejects(login(alice, 'C'), { status: 403, errcode: 'M_FORBIDDEN' })
    await login(alice, 'B')
    await login(bob, 'C')
  })
})
