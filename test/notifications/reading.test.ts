import { badgeOf } from '../../src/notifications/recipient-facts.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unreadCounts } from '../../src/notifications/counts.ts'
import { query } from '../../src/storage/query.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { onEachDatabase } from '../support/databases.ts'
import { badgeDueOf, type NotificationsFixture, createNotificationsFixture, room, user } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]
const here = room('here')
const bobHere = { userId: bob, roomId: here }

const readingsOf = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('read_positions')
    .select(['thread_id', 'position'])
    .where('user_id', '=', p.userId)
    .orderBy('thread_id'),
)

async function countsOf(fixture: NotificationsFixture, userId = bob) {
  const counts = (await unreadCounts(fixture.db, userId, [here])).get(here)
  assert.ok(counts)
  const threads = [...counts.threads].map(([root, count]) => [root, count.notifications])
  return {
    total: counts.notifications,
    main: counts.main.notifications,
    threads: Object.fromEntries(threads),
  }
}

async function openRoom(fixture: NotificationsFixture): Promise<void> {
  await fixture.join(here, alice)
  await fixture.join(here, bob)
}

onEachDatabase('read positions and unread counts', (open) => {
  test('a receipt for one thread keeps the other threads unread, and a receipt for all threads clears all', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await openRoom(fixture)
    const content = { msgtype: 'm.text', body: 'x' }
    const main = await fixture.send({ roomId: here, sender: alice, content })
    const first = await fixture.send({ roomId: here, sender: alice, content, threadId: '$t1' })
    await fixture.send({ roomId: here, sender: alice, content, threadId: '$t2' })
    const last = await fixture.send({ roomId: here, sender: alice, content })
    assert.deepEqual(await countsOf(fixture), { total: 4, main: 2, threads: { $t1: 1, $t2: 1 } })
    assert.equal(await fixture.read({ ...bobHere, threadId: '$t1', position: first.position }), true)
    assert.deepEqual(await countsOf(fixture), { total: 3, main: 2, threads: { $t2: 1 } })
    assert.equal(await fixture.read({ ...bobHere, threadId: 'main', position: main.position }), true)
    assert.deepEqual(await countsOf(fixture), { total: 2, main: 1, threads: { $t2: 1 } })
    assert.equal(await fixture.read({ ...bobHere, threadId: '', position: last.position }), true)
    assert.deepEqual(await countsOf(fixture), { total: 0, main: 0, threads: {} })
  })

  test('a read position moves forward only, and for members only', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await openRoom(fixture)
    const first = await fixture.say(here, alice, 'one')
    const second = await fixture.say(here, alice, 'two')
    const read = (threadId: string, position: number) => fixture.read({ ...bobHere, threadId, position })
    assert.equal(await read('main', second.position), true)
    assert.equal(await read('main', second.position), false)
    assert.equal(await read('main', first.position), false)
    assert.equal(await read('', first.position), false)
    assert.deepEqual((await countsOf(fixture)).total, 0)
    assert.equal(await fixture.read({ userId: carol, roomId: here, threadId: '', position: 9 }), false)
    assert.equal(await fixture.read({ userId: carol, roomId: here, threadId: 'main', position: 9 }), false)
    assert.deepEqual(await fixture.db.all(readingsOf, { userId: carol }), [])
  })

  test('the rows of threads are removed when nothing is unread', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await openRoom(fixture)
    const content = { msgtype: 'm.text', body: 'x' }
    for (let at = 0; at < 5; at++) {
      const threadId = at === 4 ? 'main' : `$t${at}`
      const event = await fixture.send({ roomId: here, sender: alice, content, threadId })
      await fixture.read({ ...bobHere, threadId, position: event.position })
    }
    assert.equal((await fixture.db.all(readingsOf, { userId: bob })).length, 1)
  })

  test('a badge poke is due when a room leaves the badge, and not for each receipt', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await openRoom(fixture)
    await fixture.addPusher(bob)
    const due = async () => (await fixture.db.all(badgeDueOf, { userId: bob })).map((row) => row.value_due)
    const first = await fixture.say(here, alice, 'one')
    const second = await fixture.say(here, alice, 'two')
    await fixture.read({ ...bobHere, threadId: '', position: first.position })
    assert.deepEqual([await due(), await badgeOf(fixture.db, bob)], [[0], 1])
    await fixture.read({ ...bobHere, threadId: '', position: second.position })
    assert.deepEqual([await due(), await badgeOf(fixture.db, bob)], [[1], 0])
  })

  test('a redaction reduces the counts of members who had not read the message', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    for (const userId of [alice, bob, carol]) await fixture.join(here, userId)
    await fixture.addPusher(bob)
    const first = await fixture.say(here, alice, 'bob: one')
    await fixture.read({ userId: carol, roomId: here, threadId: '', position: first.position })
    await fixture.say(here, alice, 'two')
    await fixture.redact(here, first.position)
    await fixture.redact(here, first.position)
    assert.deepEqual([(await countsOf(fixture)).total, (await countsOf(fixture, carol)).total], [1, 1])
    assert.equal((await unreadCounts(fixture.db, bob, [here])).get(here)?.highlights, 0)
  })

  test('a redaction reduces count and badge of a single notified member', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await openRoom(fixture)
    await fixture.addPusher(bob)
    const edit = { rel_type: 'm.replace', event_id: '$e' }
    const { position } = await fixture.say(here, alice, '* bob', {
      'm.relates_to': edit,
      'm.mentions': { user_ids: [bob] },
    })
    assert.deepEqual([(await countsOf(fixture)).total, await badgeOf(fixture.db, bob)], [1, 1])
    await fixture.redact(here, position)
    assert.deepEqual([(await countsOf(fixture)).total, await badgeOf(fixture.db, bob)], [0, 0])
  })

  test('counts are zero after a leave and after joining again', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await openRoom(fixture)
    await fixture.addPusher(bob)
    await fixture.say(here, alice, 'bob: hello')
    await fixture.setMember({ roomId: here, userId: bob, membership: 'leave' })
    assert.deepEqual([(await countsOf(fixture)).total, await badgeOf(fixture.db, bob)], [0, 0])
    await fixture.say(here, alice, 'not visible to bob')
    await fixture.setMember({ roomId: here, userId: bob, membership: 'join', before: 'leave' })
    assert.deepEqual([(await countsOf(fixture)).total, await badgeOf(fixture.db, bob)], [0, 0])
    await fixture.say(here, alice, 'welcome back')
    assert.deepEqual([(await countsOf(fixture)).total, await badgeOf(fixture.db, bob)], [1, 1])
  })
})
