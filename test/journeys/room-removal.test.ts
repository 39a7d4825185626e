import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { afterTest } from '../support/after-test.ts'
import { foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { runHere } from '../support/run-command.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'
import { startTestServer } from '../support/server.ts'

/** The server removes a part of a room every five seconds, and this one every 50 ms. */
const clock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms === 5000 ? 50 : ms, signal),
}

const at = (roomId: string) => `/rooms/${encodeURIComponent(roomId)}`
const roomsOf = async (user: TestUser) =>
  (await user.get('/sync'))['rooms'] as { join?: Record<string, unknown> }

onEachServerDatabase('belfry room', (newFlags) => {
  test('a room that is shut down is left by all and cannot be joined again, and a purged one is gone', async (t) => {
    const flags = await newFlags(t)
    const server = await startTestServer(t, { flags, environment: { clock } })
    const run = (...args: string[]) => runHere(['room', ...args, '--data', server.data, ...flags])
    const [alice, bob, carol] = [
      await registerUser(server.url, 'alice'),
      await registerUser(server.url, 'bob'),
      await registerUser(server.url, 'carol'),
    ]
    const gateway = await startPokeReceiver(t)
    // What is queued waits for the gateway, and is removed with the room.
    gateway.respondWith({ status: 503, headers: { 'retry-after': '3600' } })
    await bob.post('/pushers/set', foundingPusher(gateway.url))
    const other = await alice.createRoom()
    const roomId = await alice.createRoom({
      preset: 'public_chat',
      name: 'To be\u001b[31m removed',
      room_alias_name: 'removed',
      visibility: 'public',
    })
    for (const room of [roomId, other]) await bob.post(`/join/${encodeURIComponent(room)}`)
    await alice.post(`${at(roomId)}/invite`, { user_id: carol.userId })
    const first = await alice.say(roomId, 'findable bob')
    await alice.say(roomId, 'in a thread', { 'm.relates_to': { rel_type: 'm.thread', event_id: first } })
    await alice.say(roomId, 'edit', {
      'm.new_content': { msgtype: 'm.text', body: 'edited bob' },
      'm.relates_to': { rel_type: 'm.replace', event_id: first },
    })
    await bob.put(
      `/user/${encodeURIComponent(bob.userId)}/rooms/${encodeURIComponent(roomId)}/account_data/a.b`,
      {},
    )
    const kept = await alice.say(other, 'kept bob')
    await gateway.waitFor(({ event_id: id }) => id === first)

    const list = await run('list')
    assert.match(list.out, /removed:localhost|To be\?\[31m removed/)
    assert.match((await run('members', '#removed:localhost')).out, /@carol:localhost +invite/)
    const refused = await run('shutdown', roomId)
    assert.deepEqual([refused.code, /--yes/.test(refused.err)], [2, true])

    const closed = await run('shutdown', '#removed:localhost', '--yes', '--wait')
    assert.deepEqual([closed.code, closed.out], [0, `${roomId} is shut down`])
    assert.ok((await roomsOf(alice)).join?.[roomId] === undefined)
    assert.ok((await roomsOf(alice)).join?.[other] !== undefined)
    for (const user of [alice, bob, carol]) {
      const join = await user.try('POST', `/join/${encodeURIComponent(roomId)}`, {})
      assert.equal(join.status, 403)
      assert.match(String(join.body['error']), /shut this room down/)
    }
    assert.equal((await alice.try('GET', '/directory/room/%23removed%3Alocalhost')).status, 404)
    assert.deepEqual((await alice.get('/publicRooms'))['chunk'], [])
    // The history stays for those who were there.
    assert.equal((await alice.try('GET', `${at(roomId)}/messages?dir=b`)).status, 200)

    const help = await runHere(['room', 'purge', '--help'])
    assert.match(help.out, /Uploaded files stay/)
    const { next_batch: since } = await bob.get('/sync')
    if (flags.length === 0) markSwept(server.data, roomId)
    const purged = await run('purge', roomId, '--yes', '--wait', '--json')
    assert.deepEqual(JSON.parse(purged.out), { room_id: roomId, removal: null, members: 0, events: 0 })
    assert.equal((await alice.try('GET', `${at(roomId)}/messages?dir=b`)).status, 403)
    assert.equal((await alice.try('POST', `/join/${encodeURIComponent(roomId)}`, {})).status, 404)
    const search = { search_categories: { room_events: { search_term: 'bob' } } }
    const found = (await bob.post('/search', search)) as unknown as Found
    assert.deepEqual(
      found.search_categories.room_events.results.map(({ result }) => result.event_id),
      [kept],
    )
    const { notifications } = (await bob.get('/notifications')) as { notifications: Listed[] }
    assert.deepEqual(
      notifications.map(({ event }) => event.event_id),
      [kept],
    )
    // Sync goes on from a token of before the purge, and messages of other rooms arrive.
    const more = await alice.say(other, 'after the purge')
    const synced = (await bob.get(`/sync?since=${String(since)}`)) as unknown as Synced
    assert.deepEqual(
      synced.rooms.join[other]?.timeline.events.map(({ event_id: id }) => id),
      [more],
    )
    assert.equal((await runHere(['verify', '--data', server.data, ...flags])).code, 0)
    const missing = await run('purge', roomId, '--yes')
    assert.deepEqual([missing.code, /There is no room/.test(missing.err)], [1, true])
    if (flags.length === 0) assertNoRows(t, server.data, roomId)
  })
})

/** As the retention of messages does. */
function markSwept(data: string, roomId: string): void {
  const database = new DatabaseSync(join(data, 'belfry.db'))
  database.prepare('insert into room_retention (room_id, swept_to) values (?, 1)').run(roomId)
  database.close()
}

/** No table has the room any more, and no queue an item of it. */
function assertNoRows(t: Parameters<typeof afterTest>[0], data: string, roomId: string): void {
  const database = new DatabaseSync(join(data, 'belfry.db'), { readOnly: true })
  afterTest(t, () => database.close())
  const tables = database
    .prepare(
      `select m.name from sqlite_master as m join pragma_table_info(m.name) as c
       where m.type = 'table' and c.name = 'room_id'`,
    )
    .all()
    .map(({ name }) => String(name))
  assert.ok(tables.length > 12, String(tables))
  for (const table of tables)
    assert.equal(
      database.prepare(`select count(*) as n from ${table} where room_id = ?`).get(roomId)?.['n'],
      0,
      table,
    )
  const lost = `select count(*) as n from lane_items as i join lanes as l using (lane_id)
    where l.kind = 'poke' and not exists (select 1 from events as e where e.position = i.position)`
  assert.equal(database.prepare(lost).get()?.['n'], 0)
  for (const table of ['relations', 'edits', 'search_entries'])
    assert.equal(
      database
        .prepare(
          `select count(*) as n from ${table} as x where not exists (select 1 from events as e where e.position = x.position)`,
        )
        .get()?.['n'],
      0,
      table,
    )
}

type Found = { search_categories: { room_events: { results: { result: { event_id: string } }[] } } }
type Listed = { event: { event_id: string } }
type Synced = { rooms: { join: Record<string, { timeline: { events: { event_id: string }[] } }> } }
