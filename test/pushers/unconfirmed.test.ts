import assert from 'node:assert/strict'
import { randomBytes, createECDH } from 'node:crypto'
import { test } from 'node:test'
import { activatePusher } from '../../src/pushers/activate-pusher.ts'
import { reportPushers } from '../../src/pushers/report-pushers.ts'
import { startUnconfirmedSweeper, sweepUnconfirmed } from '../../src/pushers/sweep-unconfirmed.ts'
import { alice, bob, createDeliveryFixture, type DeliveryFixture } from '../delivery/delivery-fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'

const APP = 'org.example.app'
const HOUR = 3_600_000

/** The body of a set with a new subscription. */
function newSubscription(endpoint = 'https://push.example.org/1') {
  const pushkey = createECDH('prime256v1').generateKeys('base64url')
  const data = { url: endpoint, auth: randomBytes(16).toString('base64url') }
  return { kind: 'webpush', pushkey, data, append: true }
}

const pushkeys = async (delivery: DeliveryFixture) =>
  (await delivery.pusherRows()).map(({ pushkey }) => pushkey)
const sweep = (delivery: DeliveryFixture) => sweepUnconfirmed({ ...delivery.pushers, db: delivery.db }, 24)

async function confirm(delivery: DeliveryFixture, pushkey: string): Promise<void> {
  const row = (await delivery.pusherRows()).find((one) => one.pushkey === pushkey)
  await activatePusher(delivery.pushers, { userId: bob, appId: APP, ackToken: row?.ack_token ?? '' })
}

onEachDatabase('unconfirmed pushers of kind webpush', (open) => {
  test('an unconfirmed pusher is removed 24 hours after it was set, and the report gives the reason', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const browser = newSubscription()
    await delivery.setPusher(bob, browser)
    delivery.clock.advance(24 * HOUR - 1)
    assert.equal(await sweep(delivery), 0)
    assert.deepEqual(await pushkeys(delivery), [browser.pushkey])
    delivery.clock.advance(1)
    assert.equal(await sweep(delivery), 1)
    assert.deepEqual(await pushkeys(delivery), [])
    const now = delivery.clock.now()
    const { pushers, removed } = await reportPushers(delivery.db, {
      viewer: bob,
      of: bob,
      now,
      after: 0,
      limit: 10,
    })
    assert.deepEqual(
      removed.map((one) => [one['reason'], one['removed_at'], one['pushkey']]),
      [['not confirmed', now, browser.pushkey]],
    )
    assert.deepEqual(pushers, [])
  })

  test('an unconfirmed pusher is kept for 24 hours after the last set', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const browser = newSubscription()
    await delivery.setPusher(bob, browser)
    delivery.clock.advance(20 * HOUR)
    await delivery.setPusher(bob, browser)
    delivery.clock.advance(20 * HOUR)
    assert.equal(await sweep(delivery), 0)
    delivery.clock.advance(4 * HOUR)
    assert.equal(await sweep(delivery), 1)
  })

  test('confirmed and disabled pushers, pushers of other kinds and recently set pushers are not removed', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const [confirmed, moved, off, recent] = [
      newSubscription(),
      newSubscription(),
      newSubscription(),
      newSubscription(),
    ]
    for (const browser of [confirmed, moved]) {
      await delivery.setPusher(bob, browser)
      await confirm(delivery, browser.pushkey)
    }
    await delivery.setPusher(bob, { ...off, enabled: false })
    await delivery.setPusher(bob, {
      data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
      append: true,
    })
    await delivery.setPusher(alice, { ...newSubscription(), app_id: 'other' })
    delivery.clock.advance(23 * HOUR)
    await delivery.setPusher(bob, recent)
    // Its URL changes, so its app must confirm it again.
    await delivery.setPusher(bob, { ...moved, data: { ...moved.data, url: 'https://push.example.org/2' } })
    delivery.clock.advance(HOUR)
    assert.equal(await sweep(delivery), 1, 'the pusher of alice')
    assert.deepEqual(await pushkeys(delivery), [
      confirmed.pushkey,
      moved.pushkey,
      off.pushkey,
      'key',
      recent.pushkey,
    ])
    delivery.clock.advance(23 * HOUR)
    assert.equal(await sweep(delivery), 2)
    assert.deepEqual(await pushkeys(delivery), [confirmed.pushkey, off.pushkey, 'key'])
  })

  test('the sweeper removes unconfirmed pushers in more than one batch', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    delivery.pushers.maxPushersPerUser = 100
    for (let at = 0; at < 99; at++) await delivery.setPusher(bob, newSubscription())
    for (let at = 0; at < 20; at++) await delivery.setPusher(alice, newSubscription())
    delivery.clock.advance(24 * HOUR)
    await using _sweeper = startUnconfirmedSweeper(
      { ...delivery.pushers, db: delivery.db, log: silentLog },
      24,
    )
    await eventually(async () => (await delivery.pusherRows()).length === 0)
  })
})
