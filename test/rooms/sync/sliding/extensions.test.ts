import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setAccountData } from '../../../../src/accounts/account-data.ts'
import { upsertDevice } from '../../../../src/accounts/devices-store.ts'
import { sendToDevices } from '../../../../src/accounts/to-device/send.ts'
import { jsonPieces } from '../../../../src/http/json-pieces.ts'
import { Deferred } from '../../../../src/lib/deferred.ts'
import type { EventId, RoomId, UserId } from '../../../../src/lib/ids.ts'
import type { JsonObject } from '../../../../src/lib/json.ts'
import { setMarkers } from '../../../../src/rooms/receipts.ts'
import { listedAmong } from '../../../../src/rooms/room-summaries-store.ts'
import type { Database } from '../../../../src/storage/database.ts'
import type { SlidingBody } from '../../../journeys/sliding-client.ts'
import { counting } from '../../../support/counting-database.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { quotas } from '../../../support/quotas.ts'
import { deviceOf, user } from '../../sync-fixture.ts'
import { createSlidingFixture, type SlidingFixture } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]
const NAMES = ['alice', 'bob', 'carol']
const list = (more: JsonObject = {}) => ({ all: { timeline_limit: 3, required_state: {}, ...more } })
const on = (...names: string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, { enabled: true }]))

async function withRoom(fixture: SlidingFixture): Promise<RoomId> {
  const roomId = await fixture.create(alice)
  await fixture.join(roomId, bob)
  return roomId
}

const read = ({ receipts }: SlidingFixture, userId: UserId, roomId: RoomId, eventId: EventId) =>
  setMarkers(receipts, { userId, roomId, markers: [{ type: 'm.read', eventId, threadId: '' }] })

const receiptsIn = ({ extensions }: SlidingBody, roomId: RoomId): string[] =>
  Object.entries(extensions.receipts?.rooms[roomId]?.content ?? {}).flatMap(([eventId, types]) =>
    Object.keys(types['m.read'] ?? {}).map((userId) => `${userId} ${eventId}`),
  )

/** The response as the client receives it. */
async function serialised(body: SlidingBody): Promise<SlidingBody> {
  let text = ''
  for await (const piece of jsonPieces(body)) text += piece
  return JSON.parse(text) as SlidingBody
}

onEachDatabase('the extensions of sliding sync', (open) => {
  test('return the receipts of all events in the timelines of deferred rooms, at the position of the response', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), NAMES)
    const rooms: { roomId: RoomId; shown: EventId; later: EventId }[] = []
    for (let at = 0; at < 8; at++) {
      const roomId = await withRoom(fixture)
      const shown = await fixture.say(roomId, alice, 'x'.repeat(3000))
      await read(fixture, alice, roomId, shown)
      rooms.push({ roomId, shown, later: await fixture.say(roomId, alice, 'x'.repeat(3000)) })
    }
    const deps = { ...fixture.depsOn(fixture.db), pageBytes: 8000 }
    const body = { lists: list(), extensions: on('receipts') }
    const response = await fixture.slide(bob, body, { deps })
    const isDeferred = Object.values(response.rooms).filter((room) => (room as unknown) instanceof Deferred)
    assert.ok(isDeferred.length >= 2, String(isDeferred.length))
    const { roomId: moved, later } = rooms[0] as (typeof rooms)[0]
    await read(fixture, alice, moved, later)
    const first = await serialised(response)
    for (const { roomId, shown } of rooms)
      assert.deepEqual(receiptsIn(first, roomId), roomId === moved ? [] : [`${alice} ${shown}`])
    const second = await fixture.slide(bob, body, { pos: first.pos, deps })
    assert.deepEqual(receiptsIn(second, moved), [`${alice} ${later}`])
  })

  test('return everything of a room that comes into their scope later, and then only changes', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), NAMES)
    const roomId = await withRoom(fixture)
    const eventId = await fixture.say(roomId, alice, 'one')
    const ask = (scope: JsonObject, pos?: string, names = ['receipts', 'account_data', 'typing']) => {
      const extensions = Object.fromEntries(names.map((name) => [name, { enabled: true, ...scope }]))
      return fixture.slide(bob, { lists: list(), extensions }, { pos })
    }
    const first = await ask({})
    const outside = await ask({ lists: [] }, first.pos)
    await read(fixture, alice, roomId, eventId)
    const data = {
      ...fixture.rooms,
      quotas,
      onUsersIgnored: () => Promise.resolve(),
      onRulesChanged: () => Promise.resolve(),
    }
    await setAccountData(data, { userId: bob, roomId, type: 'm.tag' }, { tags: {} })
    fixture.typing.start(roomId, alice, 30_000)
    const events: EventId[] = []
    // More events than the client's timeline limit.
    for (let at = 0; at < 4; at++) events.push(await fixture.say(roomId, alice, 'more'))
    const later = await ask({ lists: [] }, outside.pos)
    assert.deepEqual([receiptsIn(later, roomId), later.extensions.account_data?.rooms], [[], {}])
    fixture.typing.stop(roomId, alice)
    for (const names of [['receipts', 'account_data', 'typing'], []]) {
      // The scope becomes smaller, or the extensions are switched off.
      const narrow = await ask({ lists: [] }, later.pos, names)
      const wide = await ask({}, narrow.pos)
      assert.deepEqual(receiptsIn(wide, roomId), [`${alice} ${eventId}`])
      assert.deepEqual(wide.extensions.account_data?.rooms[roomId], [
        { type: 'm.tag', content: { tags: {} } },
      ])
      assert.deepEqual(wide.extensions.typing?.rooms[roomId]?.content, { user_ids: [] })
      assert.deepEqual(wide.rooms, {})
      const same = await ask({}, wide.pos)
      assert.deepEqual(same.extensions, {
        receipts: { rooms: {} },
        account_data: { global: [], rooms: {} },
        typing: { rooms: {} },
      })
    }
  })

  test('return to-device messages that did not fit into the last response without a wait', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), NAMES)
    const { db, bus, clock } = fixture
    const device = { userId: bob, deviceId: deviceOf(bob) }
    await db.transaction((tx) =>
      tx.run(upsertDevice, { ...device, displayName: null, address: null, now: 0 }),
    )
    const deps = { db, bus, clock, quotas, maxMessageBytes: 100_000, maxRequestBytes: 1_000_000 }
    for (const n of [1, 2])
      await sendToDevices(deps, {
        sender: { userId: alice, deviceId: deviceOf(alice) },
        type: 'm.room.encrypted',
        txnId: `t${n}`,
        messages: { [bob]: { [device.deviceId]: { n } } } as Record<UserId, Record<string, JsonObject>>,
      })
    const ask = (since?: string) => ({
      lists: list(),
      extensions: { to_device: { enabled: true, limit: 1, ...(since && { since }) } },
    })
    const messagesIn = ({ extensions }: SlidingBody) =>
      extensions['to_device'] as { next_batch: string; events: { content: JsonObject }[] }
    const first = await fixture.slide(bob, ask())
    const waiting = { pos: first.pos, timeoutMs: 30_000 }
    const second = await fixture.slide(bob, ask(messagesIn(first).next_batch), waiting)
    assert.deepEqual(
      [first, second].map((body) => messagesIn(body).events.map(({ content }) => content['n'])),
      [[1], [2]],
    )
  })

  test('return what changed in a room outside all windows while they were off', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), NAMES)
    const [roomId, other] = [await withRoom(fixture), await withRoom(fixture)]
    const eventId = await fixture.say(roomId, alice, 'one')
    await fixture.say(other, alice, 'newer')
    const extensions = on('receipts', 'typing')
    const first = await fixture.slide(bob, { lists: list(), extensions })
    fixture.typing.start(roomId, alice, 30_000)
    const narrow = { lists: list({ range: [0, 0] }) }
    const typing = await fixture.slide(bob, { ...narrow, extensions }, { pos: first.pos })
    assert.deepEqual(typing.extensions.typing, { rooms: {} })
    const off = await fixture.slide(bob, narrow, { pos: typing.pos })
    await read(fixture, alice, roomId, eventId)
    const still = await fixture.slide(bob, narrow, { pos: off.pos })
    for (const pos of [still.pos, typing.pos]) {
      const back = await fixture.slide(bob, { lists: list(), extensions }, { pos })
      assert.deepEqual(receiptsIn(back, roomId), [`${alice} ${eventId}`])
      assert.deepEqual(back.extensions.typing?.rooms[roomId]?.content, { user_ids: [alice] })
    }
  })
})

onEachDatabase('sliding sync for a user who ignores users', (open) => {
  test('costs the same statements for one event, and keeps its windows, with hidden invitations', async (t) => {
    const { db: counted, count } = counting(await open(t))
    let largest = 0
    const db: Database = {
      ...counted,
      snapshot: (work) =>
        counted.snapshot((q) =>
          work({
            ...q,
            all: async (query, params) => {
              const rows = await q.all(query, params)
              if ((query as unknown) === listedAmong) largest = Math.max(largest, rows.length)
              return rows
            },
          }),
        ),
    }
    const fixture = await createSlidingFixture(t, db, NAMES)
    const roomId = await withRoom(fixture)
    const data = {
      ...fixture.rooms,
      quotas,
      onUsersIgnored: () => Promise.resolve(),
      onRulesChanged: () => Promise.resolve(),
    }
    const ignored = { userId: bob, roomId: '', type: 'm.ignored_user_list' } as const
    await setAccountData(data, ignored, { ignored_users: { [user('dave')]: {} } })
    const base = fixture.depsOn(db)
    let computed = 0
    const windowCache: typeof base.windowCache = {
      ...base.windowCache,
      keep: (of, windows) => {
        computed++
        base.windowCache.keep(of, windows)
      },
    }
    const deps = { ...base, windowCache }
    const body = { lists: list() }
    const costOfEvent = async (pos: string) => {
      await fixture.say(roomId, alice, 'one')
      const before = { reads: count.read, computed }
      const response = await fixture.slide(bob, body, { pos, deps })
      assert.deepEqual(Object.keys(response.rooms), [roomId])
      return { pos: response.pos, reads: count.read - before.reads, computed: computed - before.computed }
    }
    const start = await fixture.slide(bob, body, { deps })
    const without = await costOfEvent((await costOfEvent(start.pos)).pos)
    assert.equal(without.computed, 0)
    await setAccountData(data, ignored, { ignored_users: { [carol]: {} } })
    for (let at = 0; at < 3; at++) await fixture.invite(await fixture.create(carol), carol, bob)
    const hidden = await costOfEvent((await costOfEvent(without.pos)).pos)
    assert.deepEqual([hidden.reads, hidden.computed], [without.reads, 0])
    // An invitation that arrives while its sender is ignored stays hidden, and comes back afterwards.
    await setAccountData(data, ignored, { ignored_users: {} })
    const shown = await fixture.slide(bob, body, { pos: hidden.pos, deps })
    assert.equal(Object.keys(shown.rooms).length, 3)
    // Shown invitations are not read again for an event in another room.
    const before = largest
    largest = 0
    await costOfEvent((await costOfEvent(shown.pos)).pos)
    assert.ok(largest <= 2, `${largest} rooms of ${before}`)
  })
})
