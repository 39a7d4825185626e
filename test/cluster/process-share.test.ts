import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveProcess } from '../../src/cluster/membership.ts'
import { ownerOf } from '../../src/cluster/owners.ts'
import { createProcessShare } from '../../src/cluster/process-share.ts'
import type { Role } from '../../src/config/roles.ts'
import { createFakeMembership } from '../support/fake-membership.ts'

const sends = (id: string): LiveProcess => ({ id, roles: ['delivery'] })
const keys = Array.from({ length: 400 }, (_, n) => `lane ${n}`)

test('each key belongs to one of the processes with the role', () => {
  const live = [sends('a'), { id: 'b', roles: ['http'] as Role[] }, sends('c')]
  const [a, c] = ['a', 'c'].map((id) => createProcessShare(createFakeMembership(id, live), 'delivery'))
  for (const key of keys) {
    assert.deepEqual(
      [a?.owns(key), c?.owns(key)],
      ['a', 'c'].map((id) => ownerOf(key, ['a', 'c']) === id),
    )
  }
})

test('a process that is alone with the role, or not yet in the list, has keys', () => {
  const alone = createProcessShare(createFakeMembership('a', [sends('a')]), 'delivery')
  assert.ok(keys.every((key) => alone.owns(key)))
  const fresh = createProcessShare(createFakeMembership('a', [sends('b')]), 'delivery')
  const share = keys.filter((key) => fresh.owns(key)).length
  assert.ok(share > 100 && share < 300, String(share))
})

test('listeners hear of processes with the role only, and of the end of what a dead one held', () => {
  const membership = createFakeMembership('a', [sends('a')])
  const share = createProcessShare(membership, 'delivery')
  let changes = 0
  const end = share.onChange(() => changes++)
  membership.become([sends('a'), { id: 'b', roles: ['http'] }])
  assert.equal(changes, 0)
  membership.become([sends('a'), sends('b')])
  assert.equal(changes, 1)
  assert.ok(!keys.every((key) => share.owns(key)))
  membership.end()
  assert.equal(changes, 2)
  end()
  membership.become([sends('a')])
  assert.equal(changes, 2)
  assert.ok(keys.every((key) => share.owns(key)))
})
