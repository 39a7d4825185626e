import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteReceived, waitingMessages } from '../../../src/accounts/to-device/waiting.ts'
import type { DeviceId, UserId } from '../../../src/lib/ids.ts'
import { earlierOf } from '../../../src/storage/stream-point.ts'
import { currentPoint } from '../../../src/storage/stream.ts'
import { onShards } from '../../support/sharded.ts'

const bob = { userId: '@bob:test' as UserId, deviceId: 'PHONE' as DeviceId }

onShards('to-device messages from senders in several shards', (open) => {
  test('are kept until they were received, also when they have a lower position than a received one', async (t) => {
    const { db, client } = await open(t, 2)
    const send = async (position: number) => {
      await client.query(
        `insert into device_messages (user_id, device_id, position, sender, type, content, total_count, total_bytes)
          values ('@bob:test', 'PHONE', $1, '@alice:test', 'm.test', $2, 1, 1)`,
        [position, JSON.stringify({ position })],
      )
      await client.query('update stream set position = $1 where id = $2', [position, (position % 2) + 1])
    }
    const waiting = async () => {
      const { messages, upTo = 0 } = await waitingMessages(db, bob, { maxBytes: 1000 })
      return {
        positions: messages.map(({ content }) => content['position']),
        received: earlierOf(await currentPoint(db), [upTo]),
      }
    }
    await send(10)
    const first = await waiting()
    assert.deepEqual(first.positions, [10])
    // It took its position before the first one, and is committed later.
    await send(7)
    await deleteReceived(db, bob, first.received)
    const second = await waiting()
    assert.deepEqual(second.positions, [7])
    await deleteReceived(db, bob, second.received)
    assert.deepEqual((await waiting()).positions, [])
  })
})
