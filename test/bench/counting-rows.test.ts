import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countingRows } from '../../bench/support/counting-rows.ts'
import { openSeed, roomDepsOf } from '../../bench/support/seed.ts'
import { sendMessage } from '../../src/rooms/send-event.ts'
import { newDataFolder } from '../support/databases.ts'

test('the rows of a message are counted, and those before it are not', async (t) => {
  await using seed = await openSeed(newDataFolder(t), 'http://127.0.0.1:9')
  const { roomId, sender } = await seed.addRoom(2, 1)
  const counting = countingRows(seed.rooms.db)
  assert.equal(counting.rows(), 0)
  await sendMessage(roomDepsOf(counting.db), {
    roomId,
    sender: sender.userId,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: 'hello' },
    transaction: { deviceId: sender.deviceId, txnId: 'one' },
  })
  const rows = counting.rows()
  assert.ok(rows >= 3, `${rows} rows: the event, its outcome and a queue item at least`)
  await counting.db.transaction(async () => undefined, { durably: false })
  assert.equal(counting.rows(), rows)
})
