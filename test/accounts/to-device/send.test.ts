import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logout } from '../../../src/accounts/sessions.ts'
import {
  startTransactionSweeper,
  TRANSACTION_LIFE_MS,
} from '../../../src/accounts/to-device/sweep-transactions.ts'
import { deleteReceived, waitingMessages } from '../../../src/accounts/to-device/waiting.ts'
import type { DeviceId, UserId } from '../../../src/lib/ids.ts'
import { currentPoint } from '../../../src/storage/stream.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { silentLog } from '../../support/log.ts'
import { quotas } from '../../support/quotas.ts'
import { onEachSharedDatabase } from '../../support/two-processes.ts'
import { createAccountsFixture } from '../fixture.ts'
import { alice, bob, createToDeviceFixture, LAPTOP, PHONE } from './fixture.ts'

const EVERYBODY = [
  [alice, PHONE],
  [alice, LAPTOP],
  [bob, PHONE],
  [bob, LAPTOP],
] as [UserId, DeviceId][]

onEachDatabase('sendToDevices', (open) => {
  test('stores a message for the named devices, and for all other devices of a user by *, in order', async (t) => {
    const { send, waiting } = await createToDeviceFixture(await open(t), EVERYBODY)
    await send({
      [bob]: { '*': { to: 'every device' }, LAPTOP: { to: 'the laptop' } },
      [alice]: { LAPTOP: { n: 1 } },
    })
    await send({ [bob]: { PHONE: { n: 2 } } })
    assert.deepEqual(await waiting(bob, PHONE), [{ to: 'every device' }, { n: 2 }])
    assert.deepEqual(await waiting(bob, LAPTOP), [{ to: 'the laptop' }])
    assert.deepEqual(await waiting(alice, LAPTOP), [{ n: 1 }])
    assert.deepEqual(await waiting(alice, PHONE), [])
  })

  test('ignores unknown devices, unknown users and users of other servers, and stores the other messages', async (t) => {
    const { send, waiting } = await createToDeviceFixture(await open(t), EVERYBODY)
    await send({
      [bob]: { GONE: { n: 1 }, PHONE: { n: 2 } },
      ['@unknown:localhost' as UserId]: { '*': { n: 3 } },
      ['@carol:elsewhere' as UserId]: { '*': { n: 4 } },
    })
    assert.deepEqual(await waiting(bob, PHONE), [{ n: 2 }])
    assert.deepEqual(await waiting(bob, 'GONE' as DeviceId), [])
  })

  test('stores nothing for a repeated transaction id of the device, also when both requests arrive together and after delivery', async (t) => {
    const db = await open(t)
    const { send, waiting } = await createToDeviceFixture(db, EVERYBODY)
    const once = () => send({ [bob]: { PHONE: { n: 1 } } }, { txnId: 'same' })
    await Promise.all([once(), once(), once()])
    assert.deepEqual(await waiting(bob, PHONE), [{ n: 1 }])
    await deleteReceived(db, { userId: bob, deviceId: PHONE }, await currentPoint(db))
    await once()
    assert.deepEqual(await waiting(bob, PHONE), [])
    await send({ [bob]: { PHONE: { n: 2 } } }, { txnId: 'same', deviceId: LAPTOP })
    await send({ [bob]: { PHONE: { n: 3 } } }, { txnId: 'same', type: 'm.dummy' })
    assert.deepEqual(await waiting(bob, PHONE), [{ n: 2 }, { n: 3 }])
  })

  test('recognises a transaction id for a day', async (t) => {
    const db = await open(t)
    const { send, waiting, clock } = await createToDeviceFixture(db, EVERYBODY)
    // The sweep at the start ends before the sweeper is disposed of.
    const sweep = () => startTransactionSweeper({ db, clock, log: silentLog })[Symbol.asyncDispose]()
    const sendAgain = () => send({ [bob]: { PHONE: {} } }, { txnId: 'same' })
    await sendAgain()
    clock.advance(TRANSACTION_LIFE_MS)
    await sweep()
    await sendAgain()
    assert.equal((await waiting(bob, PHONE)).length, 1)
    clock.advance(1)
    await sweep()
    await sendAgain()
    assert.equal((await waiting(bob, PHONE)).length, 2)
  })

  test('refuses a message, a type and a sum of messages that are too large, and stores nothing of the request', async (t) => {
    const { send, waiting } = await createToDeviceFixture(await open(t), EVERYBODY)
    const large = { text: 'x'.repeat(1000) }
    await assert.rejects(send({ [bob]: { PHONE: {}, LAPTOP: large } }, { txnId: 'a' }), {
      status: 413,
      errcode: 'M_TOO_LARGE',
      message: 'The content of a message must not be larger than 1000 bytes',
    })
    await assert.rejects(send({ [bob]: { PHONE: {} } }, { type: 'é'.repeat(128) }), {
      status: 400,
      errcode: 'M_INVALID_PARAM',
    })
    const tight = await createToDeviceFixture(await open(t), EVERYBODY, { maxRequestBytes: 1500 })
    const half = { text: 'x'.repeat(900) }
    await assert.rejects(tight.send({ [bob]: { '*': half } }, { txnId: 'b' }), {
      status: 413,
      errcode: 'M_TOO_LARGE',
    })
    assert.deepEqual([await tight.waiting(bob, PHONE), await tight.waiting(bob, LAPTOP)], [[], []])
    // A refused transaction id is not used up.
    await tight.send({ [bob]: { PHONE: half } }, { txnId: 'b' })
    await send({ [bob]: { PHONE: {} } }, { txnId: 'a' })
    assert.deepEqual([await tight.waiting(bob, PHONE), await waiting(bob, PHONE)], [[half], [{}]])
  })

  test('deletes the oldest messages of the same sender to the same device above the number that may wait', async (t) => {
    const few = { ...quotas, device_messages: 3 }
    const { send, waiting } = await createToDeviceFixture(await open(t), EVERYBODY, { quotas: few })
    await send({ [bob]: { PHONE: { of: 'bob' } } }, { sender: bob })
    for (let n = 1; n <= 5; n++)
      await send({ [bob]: { PHONE: { n }, LAPTOP: { n } }, [alice]: { LAPTOP: { n } } })
    assert.deepEqual(await waiting(bob, PHONE), [{ of: 'bob' }, { n: 3 }, { n: 4 }, { n: 5 }])
    assert.deepEqual(await waiting(alice, LAPTOP), [{ n: 3 }, { n: 4 }, { n: 5 }])
  })

  test('deletes the oldest messages above the bytes that may wait, and always keeps the newest one', async (t) => {
    const small = { ...quotas, device_messages_bytes: 300 }
    const { send, waiting } = await createToDeviceFixture(await open(t), EVERYBODY, { quotas: small })
    const text = (n: number, length: number) => ({ n, text: 'x'.repeat(length) })
    for (let n = 1; n <= 4; n++) await send({ [bob]: { PHONE: text(n, 70) } })
    assert.deepEqual(
      (await waiting(bob, PHONE)).map(({ n }) => n),
      [2, 3, 4],
    )
    await send({ [bob]: { PHONE: text(5, 900) } })
    assert.deepEqual(
      (await waiting(bob, PHONE)).map(({ n }) => n),
      [5],
    )
  })

  test('returns a page of 100 messages, or of the given bytes with at least one message', async (t) => {
    const db = await open(t)
    const { send } = await createToDeviceFixture(db, EVERYBODY)
    for (let n = 0; n < 103; n++) await send({ [bob]: { PHONE: { n, text: 'x'.repeat(100) } } })
    const page = async (bytes: number) =>
      (await waitingMessages(db, { userId: bob, deviceId: PHONE }, { maxBytes: bytes })).messages
    assert.equal((await page(1_000_000)).length, 100)
    assert.equal((await page(400)).length, 3)
    assert.equal((await page(1)).length, 1)
  })

  test('deletes the messages of a removed device, also for a new device with the same id', async (t) => {
    const db = await open(t)
    const { send, waiting, add } = await createToDeviceFixture(db, EVERYBODY)
    const { deps } = createAccountsFixture(db)
    await send({ [bob]: { '*': { n: 1 } } })
    await logout(deps, bob, PHONE)
    await send({ [bob]: { '*': { n: 2 } } })
    await add(bob, PHONE)
    assert.deepEqual(await waiting(bob, PHONE), [])
    assert.deepEqual(await waiting(bob, LAPTOP), [{ n: 1 }, { n: 2 }])
    // A new device with the id of the sender can use its transaction ids.
    await send({ [bob]: { LAPTOP: { n: 3 } } }, { txnId: 'x' })
    await logout(deps, alice, PHONE)
    await send({ [bob]: { LAPTOP: { n: 4 } } }, { txnId: 'x' })
    assert.deepEqual((await waiting(bob, LAPTOP)).at(-1), { n: 4 })
  })
})

onEachSharedDatabase('sendToDevices in two processes', (openTwo) => {
  test('stores a request once that arrives at both, and leaves no message for a device that the other removes', async (t) => {
    const [one, other] = await openTwo(t)
    const first = await createToDeviceFixture(one, EVERYBODY)
    const second = await createToDeviceFixture(other, [])
    const { deps } = createAccountsFixture(other)
    for (let n = 0; n < 20; n++) {
      const message = { [bob]: { PHONE: { n }, LAPTOP: { n } } }
      await Promise.all([
        first.send(message, { txnId: `x${n}` }),
        second.send(message, { txnId: `x${n}` }),
        logout(deps, bob, PHONE),
      ])
      assert.deepEqual(await first.waiting(bob, PHONE), [], String(n))
      await first.add(bob, PHONE)
    }
    assert.deepEqual(
      await first.waiting(bob, LAPTOP),
      Array.from({ length: 20 }, (_, n) => ({ n })),
    )
  })
})
