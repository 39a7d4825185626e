import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listNotifications } from '../../src/notifications/list.ts'
import { onEachDatabase } from '../support/databases.ts'
import { type House, openHouse, room, user } from './fixture.ts'

const [ann, bob] = [user('ann'), user('bob')]

async function all(house: House, limit: number, onlyHighlights = false): Promise<number[][]> {
  const pages: number[][] = []
  let from: number | undefined
  do {
    const request = { userId: bob, limit, onlyHighlights, ...(from === undefined ? {} : { from }) }
    const page = await listNotifications(house.db, request)
    pages.push(page.notifications.map((item) => item.position))
    from = page.next
  } while (from !== undefined)
  return pages
}

onEachDatabase('the list of notifications', (open) => {
  test('comes in pages over all rooms, newest first, and says when it ends', async (t) => {
    const house = openHouse(await open(t))
    const rooms = ['a', 'b', 'c'].map((name) => room(name))
    const expected: number[] = []
    for (const roomId of rooms) {
      await house.join(roomId, ann)
      await house.say(roomId, ann, 'before bob came')
      await house.join(roomId, bob)
    }
    for (let at = 0; at < 4; at++) {
      for (const roomId of rooms) {
        const text = at === 1 ? 'bob: look' : 'hello'
        expected.unshift((await house.say(roomId, ann, text)).position)
        await house.say(roomId, bob, 'an own one')
      }
    }
    assert.deepEqual((await all(house, 5)).flat(), expected)
    assert.deepEqual(
      (await all(house, 6)).map((page) => page.length),
      [6, 6],
      'no empty page at the end',
    )
    assert.deepEqual(await all(house, 2, true), [expected.slice(6, 8), expected.slice(8, 9)])
  })

  test('holds highlights that all got, next to own ones', async (t) => {
    const house = openHouse(await open(t))
    const here = room('here')
    house.context = { ...house.context, powerLevels: { users: { [ann]: 50 } } }
    await house.join(here, ann)
    await house.join(here, bob)
    const everybody = await house.say(here, ann, '@room')
    await house.say(here, ann, 'hello')
    const own = await house.say(here, ann, 'bob!')
    assert.deepEqual(await all(house, 10, true), [[own.position, everybody.position]])
  })

  test('knows nothing of rooms that were left, nor of redacted events', async (t) => {
    const house = openHouse(await open(t))
    const [here, gone] = [room('here'), room('gone')]
    for (const roomId of [here, gone]) {
      await house.join(roomId, ann)
      await house.join(roomId, bob)
      await house.say(roomId, ann, 'bob!')
    }
    const { position } = await house.say(here, ann, 'sorry')
    const kept = await house.say(here, ann, 'hello')
    await house.setMember({ roomId: gone, userId: bob, membership: 'leave' })
    await house.redact(here, position)
    const page = await listNotifications(house.db, { userId: bob, limit: 10 })
    assert.deepEqual(
      page.notifications.map((item) => item.roomId),
      [here, here],
    )
    assert.equal(page.notifications[0]?.position, kept.position)
    assert.equal(page.next, undefined)
  })
})
