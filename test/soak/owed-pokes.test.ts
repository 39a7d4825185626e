import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOwedPokes } from './owed-pokes.ts'

const message = (event: string, roomId = '!room') => ({ roomId, eventId: `$${event}` })

test('the longest queue is that of the pusher to which most pokes are owed', () => {
  const owed = createOwedPokes()
  assert.equal(owed.longest(), 0)
  for (const event of ['a', 'b', 'c']) owed.add('phone', message(event))
  owed.add('tablet', message('a'))
  assert.equal(owed.longest(), 3)
  owed.received({ pushkey: 'phone', ...message('a') })
  assert.equal(owed.longest(), 2)
  owed.forgive()
  assert.equal(owed.longest(), 0)
})

test('a poke ends the queue of its room up to its message, and of no other room', () => {
  const owed = createOwedPokes()
  for (const event of ['a', 'b', 'c']) owed.add('phone', message(event))
  owed.add('phone', message('other', '!other'))
  owed.received({ pushkey: 'phone', ...message('b') })
  assert.equal(owed.longest(), 2)
})

test('a poke that arrives before the acknowledgement of its message is not owed, and a badge changes nothing', () => {
  const owed = createOwedPokes()
  owed.received({ pushkey: 'phone', ...message('a') })
  owed.received({ pushkey: 'phone', roomId: undefined, eventId: undefined })
  owed.add('phone', message('a'))
  assert.equal(owed.longest(), 0)
})
