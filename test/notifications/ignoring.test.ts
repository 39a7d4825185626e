import { badgeOf } from '../../src/notifications/recipient-facts.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import {
  badgeDueOf,
  createNotificationsFixture,
  type NotificationsFixture,
  outboxOf,
  room,
  user,
} from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]
const here = room('here')

/** The badge of bob, the due value of its pokes, and the number of events queued for the pusher. */
const stateOf = async ({ db }: NotificationsFixture) => ({
  badge: await badgeOf(db, bob),
  due: (await db.all(badgeDueOf, { userId: bob }))[0]?.value_due,
  queued: (await db.all(outboxOf, { userId: bob })).length,
})

onEachDatabase('unread messages of an ignored user', (open) => {
  test('return to the badge with one badge poke, and are not sent again, when the user is no longer ignored', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    for (const userId of [alice, bob, carol]) await fixture.join(here, userId)
    await fixture.addPusher(bob)
    await fixture.say(here, alice, 'hello')
    assert.deepEqual(await stateOf(fixture), { badge: 1, due: 0, queued: 1 })
    await fixture.ignore(bob, [alice])
    assert.deepEqual(await stateOf(fixture), { badge: 0, due: 1, queued: 1 })
    await fixture.ignore(bob, [])
    assert.deepEqual(await stateOf(fixture), { badge: 1, due: 2, queued: 1 })
  })

  test('cause no badge poke when another message keeps the room on the badge', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    for (const userId of [alice, bob, carol]) await fixture.join(here, userId)
    await fixture.addPusher(bob)
    for (const sender of [alice, carol]) await fixture.say(here, sender, 'hello')
    await fixture.ignore(bob, [alice])
    await fixture.ignore(bob, [])
    assert.deepEqual(await stateOf(fixture), { badge: 1, due: 0, queued: 2 })
  })
})

onEachDatabase('an invitation by an ignored user', (open) => {
  test('is on the badge with a badge poke when the user is no longer ignored', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    await fixture.join(here, alice)
    await fixture.addPusher(bob)
    await fixture.ignore(bob, [alice])
    await fixture.setMember({ roomId: here, userId: bob, by: alice, membership: 'invite' })
    assert.deepEqual(await stateOf(fixture), { badge: 0, due: 0, queued: 0 })
    await fixture.ignore(bob, [])
    assert.deepEqual(await stateOf(fixture), { badge: 1, due: 1, queued: 0 })
  })
})
