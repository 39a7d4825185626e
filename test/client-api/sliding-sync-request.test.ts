import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  remembered,
  stableBody,
  stableRules,
  unstableBody,
  unstableRules,
} from '../../src/client-api/sliding-sync-request.ts'
import { stateFor } from '../../src/rooms/sync/sliding/required-state.ts'
import type { UserId } from '../../src/lib/ids.ts'

test('a body is read once, however often and by how many users it is sent', () => {
  let reads = 0
  const rulesOf = remembered((body: Parameters<typeof stableRules>[0]) => {
    reads++
    return stableRules(body)
  })
  const body = stableBody.parse({ conn_id: 'main' })
  const [first, second] = [rulesOf(body), rulesOf(body)]
  assert.equal(first, second)
  assert.equal(reads, 1)
  assert.deepEqual(rulesOf(stableBody.parse({ conn_id: 'main' })), first)
  assert.equal(reads, 2)
})

test('$ME is the id of the user who asks, and * any', () => {
  const required_state = [
    ['m.room.member', '$ME'],
    ['m.room.name', ''],
    ['m.room.topic', '*'],
    ['*', '$ME'],
  ]
  const { lists } = unstableRules(unstableBody.parse({ lists: { all: { required_state } } }))
  const asked = lists.get('all')?.requiredState
  for (const userId of ['@alice:localhost', '@bob:localhost'] as UserId[])
    assert.deepEqual(asked && stateFor(asked, userId).include, [
      { type: 'm.room.member', stateKey: userId },
      { type: 'm.room.name', stateKey: '' },
      { type: 'm.room.topic', stateKey: undefined },
      { type: undefined, stateKey: userId },
    ])
})
