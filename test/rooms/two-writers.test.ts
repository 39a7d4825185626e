import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MatrixError } from '../../src/lib/errors.ts'
import type { DeviceId, EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { joinRoom, leaveRoom } from '../../src/rooms/membership.ts'
import { redactEvent } from '../../src/rooms/redact.ts'
import { indexNewEvents } from '../../src/rooms/search/index-events.ts'
import { sendMessage } from '../../src/rooms/send-event.ts'
import { moveStateUsage } from '../../src/rooms/room-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { whenLocked } from '../support/when-locked.ts'
import { alice, bob, createRoomsFixture, publicRoom, type RoomsFixture, say, setState } from './fixture.ts'

const PHONES = ['ONE', 'TWO'] as DeviceId[]
let transactions = 0

type Sending = { roomId: RoomId; sender: UserId; type?: string; content: JsonObject }

const send = (fixture: RoomsFixture, { type = 'm.room.message', ...more }: Sending) =>
  sendMessage(fixture, {
    ...more,
    type,
    transaction: { deviceId: PHONES[0] as DeviceId, txnId: `w${transactions++}` },
  })

const redact = (fixture: RoomsFixture, roomId: RoomId, eventId: EventId) =>
  redactEvent(fixture, {
    roomId,
    sender: alice,
    eventId,
    content: {},
    transaction: { deviceId: PHONES[1] as DeviceId, txnId: `w${transactions++}` },
  })

const related = (rel_type: string, event_id: EventId, more: JsonObject = {}): JsonObject => ({
  msgtype: 'm.text',
  body: 'related',
  'm.relates_to': { rel_type, event_id, ...more },
})

async function begin(databases: readonly [Database, Database]) {
  const fixture = await createRoomsFixture(databases[0])
  const processes = databases.map((db): RoomsFixture => ({ ...fixture, db }))
  const roomId = await publicRoom(fixture)
  return { databases, fixture, processes, roomId, root: await say(fixture, roomId, alice, 'root') }
}

onEachSharedDatabase('two processes', (openTwo) => {
  test('that send the same reaction at the same time make one event, and one refuses it', async (t) => {
    const { processes, roomId, root } = await begin(await openTwo(t))
    for (let round = 0; round < 5; round++) {
      const content = related('m.annotation', root, { key: `👍${round}` })
      const results = await Promise.allSettled(
        processes.map((process) => send(process, { roomId, sender: alice, type: 'm.reaction', content })),
      )
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
      assert.deepEqual(
        refused.map((error) => error instanceof MatrixError && [error.status, error.errcode]),
        [[400, 'M_DUPLICATE_ANNOTATION']],
      )
    }
  })

  test('that redact the same reply at the same time count one reply less', async (t) => {
    const [one, other] = await openTwo(t)
    const { fixture, processes, roomId, root } = await begin([one, other])
    for (let round = 0; round < 5; round++) {
      const replies: EventId[] = []
      for (let at = 0; at < 3; at++)
        replies.push(await send(fixture, { roomId, sender: alice, content: related('m.thread', root) }))
      const [first] = replies as [EventId]
      await Promise.all(processes.map((process) => redact(process, roomId, first)))
    }
    const rows = await one.all({ build: (q) => q.selectFrom('thread_participants').select('replies') }, {})
    assert.deepEqual(
      rows.map((row) => row.replies),
      [10],
    )
  })

  test('that write to a room, one state and the other anything, lock the stream first', async (t) => {
    const { processes, roomId, databases } = await begin(await openTwo(t))
    const [one, other] = processes as [RoomsFixture, RoomsFixture]
    if (one.db.dialect === 'sqlite') return
    const writes: Promise<unknown>[] = []
    await other.db.transaction(
      async (tx) => {
        await nextPosition(tx)
        writes.push(setState(one, roomId, alice, { type: 'm.room.topic', content: { topic: 'new' } }))
        await whenLocked(databases[0])
        await tx.run(moveStateUsage, { roomId, events: 0, bytes: 0 })
      },
      { orderedBy: roomId },
    )
    await Promise.all(writes)
  })

  test('that write state, memberships, edits, redactions and the search index at the same time do not deadlock', async (t) => {
    const { processes, roomId, fixture } = await begin(await openTwo(t))
    const [one, other] = processes as [RoomsFixture, RoomsFixture]
    const setTopic = (process: RoomsFixture, topic: string) =>
      setState(process, roomId, alice, { type: 'm.room.topic', content: { topic } })
    for (let round = 0; round < 8; round++) {
      const [edited, redacted] = [
        await say(fixture, roomId, alice, 'wrong'),
        await say(fixture, roomId, alice, 'secret'),
      ]
      const topic = await setTopic(fixture, `${round}`)
      const content = {
        ...related('m.replace', edited),
        'm.new_content': { msgtype: 'm.text', body: 'right' },
      }
      await Promise.all([
        setTopic(one, `longer ${round}`),
        joinRoom(other, { roomId, userId: bob }),
        indexNewEvents(one.db, 5),
        redact(other, roomId, topic),
        send(one, { roomId, sender: alice, content }),
        redact(other, roomId, redacted),
        indexNewEvents(other.db, 5),
        setState(one, roomId, alice, { type: 'm.room.name', content: { name: 'x'.repeat(round + 1) } }),
      ])
      await leaveRoom(round % 2 === 0 ? one : other, { roomId, userId: bob })
    }
  })
})
