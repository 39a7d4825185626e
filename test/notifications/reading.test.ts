import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badgeOf } from '../../src/notifications/badge.ts'
import { unreadCounts } from '../../src/notifications/counts.ts'
import { query } from '../../src/storage/query.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { onEachDatabase } from '../support/databases.ts'
import { badgeDueOf, type House, openHouse, room, user } from './fixture.ts'

const [ann, bob, cat] = [user('ann'), user('bob'), user('cat')]
const here = room('here')
const bobHere = { userId: bob, roomId: here }

const readingsOf = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('read_positions')
    .select(['thread_id', 'position'])
    .where('user_id', '=', p.userId)
    .orderBy('thread_id'),
)

async function countsOf(house: House, userId = bob) {
  const counts = (await unreadCounts(house.db, userId, [here])).get(here)
  assert.ok(counts)
  const threads = [...counts.threads].map(([root, count]) => [root, count.notifications])
  return {
    total: counts.notifications,
    main: counts.main.notifications,
    threads: Object.fromEntries(threads),
  }
}

async function openRoom(house: House): Promise<void> {
  await house.join(here, ann)
  await house.join(here, bob)
}

onEachDatabase('reading', (open) => {
  test('by thread leaves the other threads unread; for all threads, none', async (t) => {
    const house = openHouse(await open(t))
    await openRoom(house)
    const content = { msgtype: 'm.text', body: 'x' }
    const main = await house.send({ roomId: here, sender: ann, content })
    const first = await house.send({ roomId: here, sender: ann, content, threadId: '$t1' })
    await house.send({ roomId: here, sender: ann, content, threadId: '$t2' })
    const last = await house.send({ roomId: here, sender: ann, content })
    assert.deepEqual(await countsOf(house), { total: 4, main: 2, threads: { $t1: 1, $t2: 1 } })
    assert.equal(await house.read({ ...bobHere, threadId: '$t1', position: first.position }), true)
    assert.deepEqual(await countsOf(house), { total: 3, main: 2, threads: { $t2: 1 } })
    assert.equal(await house.read({ ...bobHere, threadId: 'main', position: main.position }), true)
    assert.deepEqual(await countsOf(house), { total: 2, main: 1, threads: { $t2: 1 } })
    assert.equal(await house.read({ ...bobHere, threadId: '', position: last.position }), true)
    assert.deepEqual(await countsOf(house), { total: 0, main: 0, threads: {} })
  })

  test('goes forward only, and only for members', async (t) => {
    const house = openHouse(await open(t))
    await openRoom(house)
    const first = await house.say(here, ann, 'one')
    const second = await house.say(here, ann, 'two')
    const read = (threadId: string, position: number) => house.read({ ...bobHere, threadId, position })
    assert.equal(await read('main', second.position), true)
    assert.equal(await read('main', second.position), false)
    assert.equal(await read('main', first.position), false)
    assert.equal(await read('', first.position), false)
    assert.deepEqual((await countsOf(house)).total, 0)
    assert.equal(await house.read({ userId: cat, roomId: here, threadId: '', position: 9 }), false)
    assert.equal(await house.read({ userId: cat, roomId: here, threadId: 'main', position: 9 }), false)
    assert.deepEqual(await house.db.all(readingsOf, { userId: cat }), [])
  })

  test('thread by thread keeps no row for each, once nothing is unread', async (t) => {
    const house = openHouse(await open(t))
    await openRoom(house)
    const content = { msgtype: 'm.text', body: 'x' }
    for (let at = 0; at < 5; at++) {
      const threadId = at === 4 ? 'main' : `$t${at}`
      const event = await house.send({ roomId: here, sender: ann, content, threadId })
      await house.read({ ...bobHere, threadId, position: event.position })
    }
    assert.equal((await house.db.all(readingsOf, { userId: bob })).length, 1)
  })

  test('the badge is flagged when a room leaves it, not for every receipt', async (t) => {
    const house = openHouse(await open(t))
    await openRoom(house)
    await house.addPusher(bob)
    const due = async () => (await house.db.all(badgeDueOf, { userId: bob })).map((row) => row.value_due)
    const first = await house.say(here, ann, 'one')
    const second = await house.say(here, ann, 'two')
    await house.read({ ...bobHere, threadId: '', position: first.position })
    assert.deepEqual([await due(), await badgeOf(house.db, bob)], [[0], 1])
    await house.read({ ...bobHere, threadId: '', position: second.position })
    assert.deepEqual([await due(), await badgeOf(house.db, bob)], [[1], 0])
  })

  test('a redaction takes a message from those who had not read it', async (t) => {
    const house = openHouse(await open(t))
    for (const userId of [ann, bob, cat]) await house.join(here, userId)
    await house.addPusher(bob)
    const first = await house.say(here, ann, 'bob: one')
    await house.read({ userId: cat, roomId: here, threadId: '', position: first.position })
    await house.say(here, ann, 'two')
    await house.redact(here, first.position)
    await house.redact(here, first.position)
    assert.deepEqual([(await countsOf(house)).total, (await countsOf(house, cat)).total], [1, 1])
    assert.equal((await unreadCounts(house.db, bob, [here])).get(here)?.highlights, 0)
  })

  test('a redaction takes away what only one of them was told of', async (t) => {
    const house = openHouse(await open(t))
    await openRoom(house)
    await house.addPusher(bob)
    const edit = { rel_type: 'm.replace', event_id: '$e' }
    const { position } = await house.say(here, ann, '* bob', {
      'm.relates_to': edit,
      'm.mentions': { user_ids: [bob] },
    })
    assert.deepEqual([(await countsOf(house)).total, await badgeOf(house.db, bob)], [1, 1])
    await house.redact(here, position)
    assert.deepEqual([(await countsOf(house)).total, await badgeOf(house.db, bob)], [0, 0])
  })

  test('who leaves has nothing left, and comes back to nothing unread', async (t) => {
    const house = openHouse(await open(t))
    await openRoom(house)
    await house.addPusher(bob)
    await house.say(here, ann, 'bob: hello')
    await house.setMember({ roomId: here, userId: bob, membership: 'leave' })
    assert.deepEqual([(await countsOf(house)).total, await badgeOf(house.db, bob)], [0, 0])
    await house.say(here, ann, 'behind your back')
    await house.setMember({ roomId: here, userId: bob, membership: 'join', before: 'leave' })
    assert.deepEqual([(await countsOf(house)).total, await badgeOf(house.db, bob)], [0, 0])
    await house.say(here, ann, 'welcome back')
    assert.deepEqual([(await countsOf(house)).total, await badgeOf(house.db, bob)], [1, 1])
  })
})
