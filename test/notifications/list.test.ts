import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listNotifications } from '../../src/notifications/list.ts'
import { onEachDatabase } from '../support/databases.ts'
import { type NotificationsFixture, createNotificationsFixture, room, user } from './fixture.ts'

const [alice, bob] = [user('alice'), user('bob')]

async function allPages(
  fixture: NotificationsFixture,
  limit: number,
  onlyHighlights = false,
): Promise<number[][]> {
  const pages: number[][] = []
  let from: number | undefined
  do {
    const request = { userId: bob, limit, onlyHighlights, ...(from === undefined ? {} : { from }) }
    const page = await listNotifications(fixture.db, request)
    pages.push(page.notifications.map((item) => item.position))
    from = page.next
  } while (from !== undefined)
  return pages
}

onEachDatabase('the list of notifications', (open) => {
  test('returns pages over all rooms, newest first, and no token on the last page', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    const rooms = ['a', 'b', 'c'].map((name) => room(name))
    const expected: number[] = []
    for (const roomId of rooms) {
      await fixture.join(roomId, alice)
      await fixture.say(roomId, alice, 'before bob joined')
      await fixture.join(roomId, bob)
    }
    for (let at = 0; at < 4; at++) {
      for (const roomId of rooms) {
        const text = at === 1 ? 'bob: look' : 'hello'
        expected.unshift((await fixture.say(roomId, alice, text)).position)
        await fixture.say(roomId, bob, 'own message')
      }
    }
    assert.deepEqual((await allPages(fixture, 5)).flat(), expected)
    assert.deepEqual(
      (await allPages(fixture, 6)).map((page) => page.length),
      [6, 6],
      'the last page is not empty',
    )
    assert.deepEqual(await allPages(fixture, 2, true), [expected.slice(6, 8), expected.slice(8, 9)])
  })

  test('contains highlights for all members and for the user alone', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    const here = room('here')
    fixture.context = { ...fixture.context, powerLevels: { users: { [alice]: 50 } } }
    await fixture.join(here, alice)
    await fixture.join(here, bob)
    const forAll = await fixture.say(here, alice, '@room')
    await fixture.say(here, alice, 'hello')
    const own = await fixture.say(here, alice, 'bob!')
    assert.deepEqual(await allPages(fixture, 10, true), [[own.position, forAll.position]])
  })

  test('contains no events of left rooms and no redacted events', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    const [here, left] = [room('here'), room('left')]
    for (const roomId of [here, left]) {
      await fixture.join(roomId, alice)
      await fixture.join(roomId, bob)
      await fixture.say(roomId, alice, 'bob!')
    }
    const { position } = await fixture.say(here, alice, 'sorry')
    const kept = await fixture.say(here, alice, 'hello')
    await fixture.setMember({ roomId: left, userId: bob, membership: 'leave' })
    await fixture.redact(here, position)
    const page = await listNotifications(fixture.db, { userId: bob, limit: 10 })
    assert.deepEqual(
      page.notifications.map((item) => item.roomId),
      [here, here],
    )
    assert.equal(page.notifications[0]?.position, kept.position)
    assert.equal(page.next, undefined)
  })
})
