import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeMissingWords } from '../../src/accounts/user-words.ts'
import { deactivateUser, insertUser } from '../../src/accounts/users-store.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { prefixRange, wordsOf } from '../../src/lib/words.ts'
import { searchUsers } from '../../src/rooms/user-directory.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'

const idOf = (name: string) => `@${name}:here` as UserId

onEachSharedDatabase('users of an earlier version', (openTwo) => {
  test('are found after two processes have added their words at the same time; internal and deactivated ones are not', async (t) => {
    const [db, other] = await openTwo(t)
    const names = [
      'alice',
      'bob',
      '_belfry-bob',
      'bobby',
      ...Array.from({ length: 120 }, (_, at) => `user${at}`),
    ]
    await db.transaction(async (tx) => {
      for (const name of names)
        await tx.run(insertUser, { userId: idOf(name), passwordHash: null, isAdmin: 0 as const, now: 1 })
      await tx.run(deactivateUser, { userId: idOf('bobby'), now: 2 })
    })
    const stored = await Promise.all([storeMissingWords(db), storeMissingWords(other)])
    stored.push(await storeMissingWords(db))
    assert.equal(
      stored.reduce((sum, one) => sum + one),
      123,
    )
    assert.equal(await storeMissingWords(other), 0)
    const find = async (term: string) => {
      const deps = { serverName: 'here', isOfAll: true }
      const { users } = await searchUsers(db, deps, { asker: idOf('alice'), term, limit: 500 })
      return users.map(({ userId }) => userId)
    }
    assert.deepEqual(await find('bob'), [idOf('bob')])
    assert.equal((await find('user')).length, 120)
  })
})

test('wordsOf returns lower-case words without accents, each once and not longer than 64 code units', () => {
  assert.deepEqual(wordsOf('Ünïted — NATIONS, united! 東京 ﬁne'), ['united', 'nations', '東', '京', 'fine'])
  assert.deepEqual(wordsOf('हिन्दी'), ['हिन्दी'])
  assert.deepEqual(wordsOf('x'.repeat(70)), ['x'.repeat(64)])
  const [cut = ''] = wordsOf(`${'x'.repeat(63)}𝒳𐐨`)
  assert.ok(cut.isWellFormed())
  const { low, high } = prefixRange('ann')
  assert.ok(low <= 'ann' && 'anna' < high && !('anm' >= low) && !('ano' < high))
})
