import { badgeOf } from '../../src/notifications/recipient-facts.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setRuleActions } from '../../src/user-rules/change-rules.ts'
import { GLOBAL } from '../../src/user-rules/read-rules.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Event } from '../../src/lib/matrix-event.ts'
import { forgetSilenced } from '../../src/notifications/ignoring.ts'
import { listNotifications } from '../../src/notifications/list.ts'
import { onEachDatabase } from '../support/databases.ts'
import { badgeDueOf, type NotificationsFixture, createNotificationsFixture, room, user } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]
const here = room('here')

/** Joins alice and carol to the room, and adds a pusher of bob. */
async function createRoom(fixture: NotificationsFixture): Promise<NotificationsFixture> {
  for (const userId of [alice, carol]) await fixture.join(here, userId)
  await fixture.addPusher(bob)
  return fixture
}

const invite = (fixture: NotificationsFixture, by: UserId) =>
  fixture.setMember({ roomId: here, userId: bob, by, membership: 'invite' })
const inviteAgain = (fixture: NotificationsFixture, by: UserId) =>
  fixture.setMember({ roomId: here, userId: bob, by, membership: 'invite', before: 'invite' })
const redact = (fixture: NotificationsFixture, { position }: Event) => fixture.redact(here, position)

/** The badge of bob. Checks that the badge of a newly set pusher is equal. */
async function badge(fixture: NotificationsFixture): Promise<number> {
  const current = await badgeOf(fixture.db, bob)
  await fixture.removePushers(bob)
  await fixture.addPusher(bob)
  assert.equal(await badgeOf(fixture.db, bob), current, 'a new badge has the same invitations')
  return current
}

const due = async (fixture: NotificationsFixture) =>
  (await fixture.db.all(badgeDueOf, { userId: bob }))[0]?.value_due ?? 0
const listed = async (fixture: NotificationsFixture) =>
  (await listNotifications(fixture.db, { userId: bob, limit: 10 })).notifications.map((one) => one.position)

onEachDatabase('an invitation', (open) => {
  test('stays on the badge when its event is redacted and another member of the room is ignored', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    await redact(fixture, await invite(fixture, alice))
    await fixture.ignore(bob, [carol])
    assert.equal(await badge(fixture), 1)
  })

  test('leaves the badge when its sender is ignored, even when its event is redacted', async (t) => {
    for (const isRedacted of [false, true]) {
      const fixture = await createRoom(createNotificationsFixture(await open(t)))
      const event = await invite(fixture, alice)
      if (isRedacted) await redact(fixture, event)
      assert.equal(await badgeOf(fixture.db, bob), 1)
      const before = await due(fixture)
      await fixture.ignore(bob, [alice])
      assert.ok((await due(fixture)) > before, 'a poke with the smaller badge is due')
      assert.equal(await badge(fixture), 0)
      const then = await due(fixture)
      await fixture.ignore(bob, [])
      assert.ok((await due(fixture)) > then, 'a poke with the larger badge is due')
      assert.equal(await badge(fixture), 1, 'it returns when the sender is no longer ignored')
    }
  })

  test('does not return after its outcome was forgotten with the account', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    await invite(fixture, alice)
    await fixture.ignore(bob, [alice])
    await fixture.db.transaction((tx) => forgetSilenced(tx, bob))
    await fixture.ignore(bob, [])
    assert.equal(await badge(fixture), 0)
  })

  test('is on the badge of a pusher set after its redaction, and not in the list of notifications', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    const event = await invite(fixture, alice)
    assert.deepEqual(await listed(fixture), [event.position])
    await redact(fixture, event)
    assert.equal(await badge(fixture), 1)
    assert.deepEqual(await listed(fixture), [])
    await fixture.join(here, bob)
    assert.equal(await badge(fixture), 0)
  })

  test('is not on the badge of a pusher set after its redaction when its sender is ignored', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    await fixture.removePushers(bob)
    await redact(fixture, await invite(fixture, alice))
    await fixture.ignore(bob, [alice])
    await fixture.addPusher(bob)
    assert.equal(await badge(fixture), 0)
  })

  test('of another sender replaces the earlier invitation, on the badge and in the list of notifications', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    await invite(fixture, alice)
    const before = await due(fixture)
    const { position } = await inviteAgain(fixture, carol)
    assert.deepEqual(await listed(fixture), [position])
    assert.equal(await due(fixture), before)
    await fixture.ignore(bob, [alice])
    assert.equal(await badge(fixture), 1, 'the sender of the replaced invitation is ignored')
    await fixture.ignore(bob, [alice, carol])
    assert.equal(await badge(fixture), 0)
    assert.deepEqual(await listed(fixture), [])
  })

  test('leaves the badge when an ignored user replaces it', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    await fixture.ignore(bob, [carol])
    await invite(fixture, alice)
    const before = await due(fixture)
    await inviteAgain(fixture, carol)
    assert.ok((await due(fixture)) > before, 'a poke with the smaller badge is due')
    assert.equal(await badge(fixture), 0)
    assert.deepEqual(await listed(fixture), [])
    await inviteAgain(fixture, alice)
    assert.equal(await badge(fixture), 1)
  })

  test('leaves the badge when the user is invited again and their rules no longer notify of invitations', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    await invite(fixture, alice)
    const key = { userId: bob, scope: GLOBAL, kind: 'override', ruleId: '.m.rule.invite_for_me' } as const
    await setRuleActions(fixture.rules, key, [])
    assert.equal(await badge(fixture), 1, 'a changed rule does not change counted events')
    await inviteAgain(fixture, carol)
    assert.equal(await badge(fixture), 0)
  })

  test('stays on the badge when the earlier invitation is redacted', async (t) => {
    const fixture = await createRoom(createNotificationsFixture(await open(t)))
    const first = await invite(fixture, alice)
    const second = await inviteAgain(fixture, carol)
    await redact(fixture, first)
    assert.equal(await badge(fixture), 1)
    await redact(fixture, second)
    await fixture.ignore(bob, [alice])
    assert.equal(await badge(fixture), 1)
  })
})
