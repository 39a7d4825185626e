import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setRuleActions } from '../../src/user-rules/change-rules.ts'
import { GLOBAL } from '../../src/user-rules/read-rules.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Event } from '../../src/lib/matrix-event.ts'
import { badgeOf } from '../../src/notifications/badge.ts'
import { listNotifications } from '../../src/notifications/list.ts'
import { onEachDatabase } from '../support/databases.ts'
import { badgeDueOf, type NotificationsFixture, createNotificationsFixture, room, user } from './fixture.ts'

const [ann, bob, cat] = [user('ann'), user('bob'), user('cat')]
const here = room('here')

/** Ann and cat are in the room; bob has a pusher, and is about to be invited. */
async function beforeInvitation(fixture: NotificationsFixture): Promise<NotificationsFixture> {
  for (const userId of [ann, cat]) await fixture.join(here, userId)
  await fixture.addPusher(bob)
  return fixture
}

const invite = (fixture: NotificationsFixture, by: UserId) =>
  fixture.setMember({ roomId: here, userId: bob, by, membership: 'invite' })
const inviteAgain = (fixture: NotificationsFixture, by: UserId) =>
  fixture.setMember({ roomId: here, userId: bob, by, membership: 'invite', before: 'invite' })
const redact = (fixture: NotificationsFixture, { position }: Event) => fixture.redact(here, position)

/** The badge as it is, and as it would be for pushers that are set now: the same, whatever the history. */
async function badge(fixture: NotificationsFixture): Promise<number> {
  const asIs = await badgeOf(fixture.db, bob)
  await fixture.removePushers(bob)
  await fixture.addPusher(bob)
  assert.equal(await badgeOf(fixture.db, bob), asIs, 'a badge that begins now has the same invitations')
  return asIs
}

const due = async (fixture: NotificationsFixture) =>
  (await fixture.db.all(badgeDueOf, { userId: bob }))[0]?.value_due ?? 0
const listed = async (fixture: NotificationsFixture) =>
  (await listNotifications(fixture.db, { userId: bob, limit: 10 })).notifications.map((one) => one.position)

onEachDatabase('an invitation', (open) => {
  test('stays on the badge when its event was redacted and another member of the room is ignored', async (t) => {
    const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
    await redact(fixture, await invite(fixture, ann))
    await fixture.ignore(bob, [cat])
    assert.equal(await badge(fixture), 1)
  })

  test('leaves the badge when its sender is ignored, also when its event was redacted', async (t) => {
    for (const isRedacted of [false, true]) {
      const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
      const event = await invite(fixture, ann)
      if (isRedacted) await redact(fixture, event)
      assert.equal(await badgeOf(fixture.db, bob), 1)
      const before = await due(fixture)
      await fixture.ignore(bob, [ann])
      assert.ok((await due(fixture)) > before, 'the pusher is to be told of the smaller badge')
      assert.equal(await badge(fixture), 0)
      await fixture.ignore(bob, [])
      assert.equal(await badge(fixture), 0, 'it does not come back when the sender is ignored no more')
    }
  })

  test('is put on a badge that begins after its event was redacted, but not into the list of notifications', async (t) => {
    const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
    const event = await invite(fixture, ann)
    assert.deepEqual(await listed(fixture), [event.position])
    await redact(fixture, event)
    assert.equal(await badge(fixture), 1)
    assert.deepEqual(await listed(fixture), [])
    await fixture.join(here, bob)
    assert.equal(await badge(fixture), 0)
  })

  test('is not put on a badge that begins after its event was redacted and its sender ignored', async (t) => {
    const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
    await fixture.removePushers(bob)
    await redact(fixture, await invite(fixture, ann))
    await fixture.ignore(bob, [ann])
    await fixture.addPusher(bob)
    assert.equal(await badge(fixture), 0)
  })

  test('of another sender replaces the one before it, on the badge and in the list of notifications', async (t) => {
    const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
    await invite(fixture, ann)
    const before = await due(fixture)
    const { position } = await inviteAgain(fixture, cat)
    assert.deepEqual(await listed(fixture), [position])
    assert.equal(await due(fixture), before)
    await fixture.ignore(bob, [ann])
    assert.equal(await badge(fixture), 1, 'the sender of the replaced invitation is ignored')
    await fixture.ignore(bob, [ann, cat])
    assert.equal(await badge(fixture), 0)
    assert.deepEqual(await listed(fixture), [])
  })

  test('leaves the badge when an ignored user invites again', async (t) => {
    const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
    await fixture.ignore(bob, [cat])
    await invite(fixture, ann)
    const before = await due(fixture)
    await inviteAgain(fixture, cat)
    assert.ok((await due(fixture)) > before, 'the pusher is to be told of the smaller badge')
    assert.equal(await badge(fixture), 0)
    assert.deepEqual(await listed(fixture), [])
    await inviteAgain(fixture, ann)
    assert.equal(await badge(fixture), 1)
  })

  test('leaves the badge when the user is invited again and their rules no longer notify of invitations', async (t) => {
    const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
    await invite(fixture, ann)
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.invite_for_me' } as const
    await setRuleActions(fixture.rules, key, [])
    assert.equal(await badge(fixture), 1, 'a changed rule leaves what was counted')
    await inviteAgain(fixture, cat)
    assert.equal(await badge(fixture), 0)
  })

  test('stays on the badge when the event of the invitation that it replaced is redacted', async (t) => {
    const fixture = await beforeInvitation(createNotificationsFixture(await open(t)))
    const first = await invite(fixture, ann)
    const second = await inviteAgain(fixture, cat)
    await redact(fixture, first)
    assert.equal(await badge(fixture), 1)
    await redact(fixture, second)
    await fixture.ignore(bob, [ann])
    assert.equal(await badge(fixture), 1)
  })
})
