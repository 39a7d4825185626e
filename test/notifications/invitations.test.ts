import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setRuleActions } from '../../src/user-rules/change-rules.ts'
import { GLOBAL } from '../../src/user-rules/read-rules.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Event } from '../../src/lib/matrix-event.ts'
import { badgeOf } from '../../src/notifications/badge.ts'
import { listNotifications } from '../../src/notifications/list.ts'
import { onEachDatabase } from '../support/databases.ts'
import { badgeDueOf, type House, openHouse, room, user } from './fixture.ts'

const [ann, bob, cat] = [user('ann'), user('bob'), user('cat')]
const here = room('here')

/** Ann and cat are in the room; bob has a pusher, and is about to be invited. */
async function beforeInvitation(house: House): Promise<House> {
  for (const userId of [ann, cat]) await house.join(here, userId)
  await house.addPusher(bob)
  return house
}

const invite = (house: House, by: UserId) =>
  house.setMember({ roomId: here, userId: bob, by, membership: 'invite' })
const inviteAgain = (house: House, by: UserId) =>
  house.setMember({ roomId: here, userId: bob, by, membership: 'invite', before: 'invite' })
const redact = (house: House, { position }: Event) => house.redact(here, position)

/** The badge as it is, and as it would be for pushers that are set now: the same, whatever the history. */
async function badge(house: House): Promise<number> {
  const asIs = await badgeOf(house.db, bob)
  await house.removePushers(bob)
  await house.addPusher(bob)
  assert.equal(await badgeOf(house.db, bob), asIs, 'a badge that begins now has the same invitations')
  return asIs
}

const due = async (house: House) => (await house.db.all(badgeDueOf, { userId: bob }))[0]?.value_due ?? 0
const listed = async (house: House) =>
  (await listNotifications(house.db, { userId: bob, limit: 10 })).notifications.map((one) => one.position)

onEachDatabase('an invitation', (open) => {
  test('stays on the badge when its event was redacted and another member of the room is ignored', async (t) => {
    const house = await beforeInvitation(openHouse(await open(t)))
    await redact(house, await invite(house, ann))
    await house.ignore(bob, [cat])
    assert.equal(await badge(house), 1)
  })

  test('leaves the badge when its sender is ignored, also when its event was redacted', async (t) => {
    for (const isRedacted of [false, true]) {
      const house = await beforeInvitation(openHouse(await open(t)))
      const event = await invite(house, ann)
      if (isRedacted) await redact(house, event)
      assert.equal(await badgeOf(house.db, bob), 1)
      const before = await due(house)
      await house.ignore(bob, [ann])
      assert.ok((await due(house)) > before, 'the pusher is to be told of the smaller badge')
      assert.equal(await badge(house), 0)
      await house.ignore(bob, [])
      assert.equal(await badge(house), 0, 'it does not come back when the sender is ignored no more')
    }
  })

  test('is put on a badge that begins after its event was redacted, but not into the list of notifications', async (t) => {
    const house = await beforeInvitation(openHouse(await open(t)))
    const event = await invite(house, ann)
    assert.deepEqual(await listed(house), [event.position])
    await redact(house, event)
    assert.equal(await badge(house), 1)
    assert.deepEqual(await listed(house), [])
    await house.join(here, bob)
    assert.equal(await badge(house), 0)
  })

  test('is not put on a badge that begins after its event was redacted and its sender ignored', async (t) => {
    const house = await beforeInvitation(openHouse(await open(t)))
    await house.removePushers(bob)
    await redact(house, await invite(house, ann))
    await house.ignore(bob, [ann])
    await house.addPusher(bob)
    assert.equal(await badge(house), 0)
  })

  test('of another sender replaces the one before it, on the badge and in the list of notifications', async (t) => {
    const house = await beforeInvitation(openHouse(await open(t)))
    await invite(house, ann)
    const before = await due(house)
    const { position } = await inviteAgain(house, cat)
    assert.deepEqual(await listed(house), [position])
    assert.equal(await due(house), before)
    await house.ignore(bob, [ann])
    assert.equal(await badge(house), 1, 'the sender of the replaced invitation is ignored')
    await house.ignore(bob, [ann, cat])
    assert.equal(await badge(house), 0)
    assert.deepEqual(await listed(house), [])
  })

  test('leaves the badge when an ignored user invites again', async (t) => {
    const house = await beforeInvitation(openHouse(await open(t)))
    await house.ignore(bob, [cat])
    await invite(house, ann)
    const before = await due(house)
    await inviteAgain(house, cat)
    assert.ok((await due(house)) > before, 'the pusher is to be told of the smaller badge')
    assert.equal(await badge(house), 0)
    assert.deepEqual(await listed(house), [])
    await inviteAgain(house, ann)
    assert.equal(await badge(house), 1)
  })

  test('leaves the badge when the user is invited again and their rules no longer notify of invitations', async (t) => {
    const house = await beforeInvitation(openHouse(await open(t)))
    await invite(house, ann)
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.invite_for_me' } as const
    await setRuleActions(house.rules, key, [])
    assert.equal(await badge(house), 1, 'a changed rule leaves what was counted')
    await inviteAgain(house, cat)
    assert.equal(await badge(house), 0)
  })

  test('stays on the badge when the event of the invitation that it replaced is redacted', async (t) => {
    const house = await beforeInvitation(openHouse(await open(t)))
    const first = await invite(house, ann)
    const second = await inviteAgain(house, cat)
    await redact(house, first)
    assert.equal(await badge(house), 1)
    await redact(house, second)
    await house.ignore(bob, [ann])
    assert.equal(await badge(house), 1)
  })
})
