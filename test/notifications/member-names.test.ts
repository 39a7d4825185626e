import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { createMemberNames, type NamesWanted } from '../../src/notifications/member-names.ts'
import { mentionKey } from '../../src/push-rules/index.ts'
import type { Database } from '../../src/storage/database.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createNotificationsFixture, room, user } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]
const here = room('here')
const abort = new Error('roll back')

async function setUp(opened: Database, options: { maxCharacters?: number } = {}) {
  const { db, count } = counting(opened)
  const fixture = createNotificationsFixture(db)
  for (const userId of [alice, bob]) await fixture.join(here, userId, 'Robin')
  const names = createMemberNames(options)
  const wanted = { roomId: here, sender: alice, version: 1, memberCount: 2 }
  const find = async (text: string, more: Partial<NamesWanted> = {}): Promise<UserId[]> => {
    const keys = text.split(' ').map(mentionKey)
    const found = await db.transaction((tx) => names.find(tx, { ...wanted, keys, ...more }))
    return found.map(({ userId }) => userId)
  }
  /** The number of statements that `run` needs. */
  const statementsOf = async (run: () => Promise<unknown>) => {
    const before = count.write
    await run()
    return count.write - before
  }
  return { db, fixture, names, wanted, find, statementsOf }
}

onEachDatabase('the names of members', (open) => {
  test('a member other than the sender is found by display name and by localpart', async (t) => {
    const { find } = await setUp(await open(t))
    assert.deepEqual(await find('hello robin'), [bob])
    assert.deepEqual(await find('hello bob'), [bob])
    assert.deepEqual(await find('hello alice'), [])
    assert.deepEqual(await find('hello'), [])
  })

  test('are read once for each version of the members', async (t) => {
    const { fixture, find, statementsOf } = await setUp(await open(t))
    assert.equal(await statementsOf(() => find('hello')), 1)
    assert.equal(await statementsOf(() => find('robin')), 0)
    await fixture.join(here, bob, 'Bobby')
    assert.deepEqual(await find('robin', { version: 2 }), [])
    assert.deepEqual(await find('bobby', { version: 2 }), [bob])
  })

  test('do not contain members who have left, and invited users', async (t) => {
    const { fixture, find } = await setUp(await open(t))
    await fixture.setMember({ roomId: here, userId: bob, membership: 'leave' })
    await fixture.setMember({ roomId: here, userId: carol, membership: 'invite' })
    assert.deepEqual(await find('bob carol', { memberCount: 2 }), [])
  })

  test('of a transaction that is rolled back are not kept', async (t) => {
    const { db, fixture, names, wanted, find } = await setUp(await open(t))
    const rolledBack = db.transaction(async (tx) => {
      await names.find(tx, { ...wanted, keys: [], version: 2 })
      throw abort
    })
    await assert.rejects(rolledBack, abort)
    await fixture.join(here, bob, 'Bobby')
    assert.deepEqual(await find('bobby', { version: 2 }), [bob])
  })

  test('are bounded by their characters: long names evict the names of the room that was used longest ago', async (t) => {
    const { fixture, find, statementsOf } = await setUp(await open(t), { maxCharacters: 10_000 })
    const there = room('there')
    await fixture.join(there, bob, 'Robin')
    await find('robin')
    assert.equal(await statementsOf(() => find('robin', { roomId: there })), 1)
    assert.equal(await statementsOf(() => find('robin')), 0)
    await fixture.join(there, carol, 'x'.repeat(10_000))
    await find('robin', { roomId: there, version: 2 })
    assert.equal(await statementsOf(() => find('robin')), 1)
  })

  test('in a room with more than 64 members are found by a query for each text', async (t) => {
    const { find, statementsOf } = await setUp(await open(t))
    const large = { memberCount: 65 }
    assert.deepEqual(await find('robin', large), [bob])
    assert.equal(await statementsOf(() => find('robin', large)), 1)
    assert.equal(await statementsOf(() => find('robin', { memberCount: 64 })), 1)
    assert.equal(await statementsOf(() => find('robin', { memberCount: 64 })), 0)
  })
})
