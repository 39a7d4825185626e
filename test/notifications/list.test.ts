import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listNotifications } from '../../src/notifications/list.ts'
import { onEachDatabase } from '../support/databases.ts'
import { type NotificationsFixture, createNotificationsFixture, room, user } from './fixture.ts'

const [ann, bob] = [user('ann'), user('bob')]

async function all(
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
  test('comes in pages over all rooms, newest first, and says when it ends', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    const rooms = ['a', 'b', 'c'].map((name) => room(name))
    const expected: number[] = []
    for (const roomId of rooms) {
      await fixture.join(roomId, ann)
      await fixture.say(roomId, ann, 'before bob came')
      await fixture.join(roomId, bob)
    }
    for (let at = 0; at < 4; at++) {
      for (const roomId of rooms) {
        const text = at === 1 ? 'bob: look' : 'hello'
        expected.unshift((await fixture.say(roomId, ann, text)).position)
        await fixture.say(roomId, bob, 'an own one')
      }
    }
    assert.deepEqual((await all(fixture, 5)).flat(), expected)
    assert.deepEqual(
      (await all(fixture, 6)).map((page) => page.length),
      [6, 6],
      'no empty page at the end',
    )
    assert.deepEqual(await all(fixture, 2, true), [expected.slice(6, 8), expected.slice(8, 9)])
  })

  test('holds highlights that all got, next to own ones', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    const here = room('here')
    fixture.context = { ...fixture.context, powerLevels: { users: { [ann]: 50 } } }
    await fixture.join(here, ann)
    await fixture.join(here, bob)
    const everybody = await fixture.say(here, ann, '@room')
    await fixture.say(here, ann, 'hello')
    const own = await fixture.say(here, ann, 'bob!')
    assert.deepEqual(await all(fixture, 10, true), [[own.position, everybody.position]])
  })

  test('knows nothing of rooms that were left, nor of redacted events', async (t) => {
    const fixture = createNotificationsFixture(await open(t))
    const [here, gone] = [room('here'), room('gone')]
    for (const roomId of [here, gone]) {
      await fixture.join(roomId, ann)
      await fixture.join(roomId, bob)
      await fixture.say(roomId, ann, 'bob!')
    }
    const { position } = await fixture.say(here, ann, 'sorry')
    const kept = await fixture.say(here, ann, 'hello')
    await fixture.setMember({ roomId: gone, userId: bob, membership: 'leave' })
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
