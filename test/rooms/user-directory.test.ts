import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertWords } from '../../src/accounts/user-words-store.ts'
import { insertUser } from '../../src/accounts/users-store.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import { searchUsers } from '../../src/rooms/user-directory.ts'
import { onEachDatabase } from '../support/databases.ts'
import { bob, carol, createRoomsFixture, publicRoom, START } from './fixture.ts'

onEachDatabase('the user directory', (open) => {
  test('examines the first two thousand words of the range, and is limited when there are more', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const { db } = fixture
    const addHidden = (from: number, to: number) =>
      db.transaction(async (tx) => {
        for (let at = from; at < to; at++) {
          const userId = `@hidden${at}:here` as UserId
          await tx.run(insertUser, { userId, passwordHash: null, isAdmin: 0 as const, now: START })
          await tx.run(insertWords, { userId, words: ['anna'] })
        }
      })
    await joinRoom(fixture, { roomId: await publicRoom(fixture), userId: bob })
    await db.transaction((tx) => tx.run(insertWords, { userId: bob, words: ['azure'] }))
    const search = async (term: string) => {
      const deps = { serverName: 'here', isOfAll: false }
      const { users, isLimited } = await searchUsers(db, deps, { asker: carol, term, limit: 10 })
      return [users.map(({ userId }) => userId), isLimited]
    }
    await addHidden(0, 1999)
    assert.deepEqual(await search('a'), [[bob], false])
    await addHidden(1999, 2000)
    assert.deepEqual(await search('a'), [[], true])
    assert.deepEqual(await search('az'), [[bob], false])
  })
})
