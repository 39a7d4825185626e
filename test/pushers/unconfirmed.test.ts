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

/** What a browser gives. */
function newBrowser(endpoint = 'https://push.example.org/1') {
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

onEachDatabase('pushers of kind webpush that are not confirmed', (open) => {
  test('are removed a day after they were set, and are told of with that reason', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const browser = newBrowser()
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

  test('are counted from the last time that they were set', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const browser = newBrowser()
    await delivery.setPusher(bob, browser)
    delivery.clock.advance(20 * HOUR)
    await delivery.setPusher(bob, browser)
    delivery.clock.advance(20 * HOUR)
    assert.equal(await sweep(delivery), 0)
    delivery.clock.advance(4 * HOUR)
    assert.equal(await sweep(delivery), 1)
  })

  test('go alone: confirmed ones, those that are off, other kinds and other users stay', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const [confirmed, moved, off, lost] = [newBrowser(), newBrowser(), newBrowser(), newBrowser()]
    for (const browser of [confirmed, moved]) {
      await delivery.setPusher(bob, browser)
      await confirm(delivery, browser.pushkey)
    }
    await delivery.setPusher(bob, { ...off, enabled: false })
    await delivery.setPusher(bob, {
      data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
      append: true,
    })
    await delivery.setPusher(alice, { ...newBrowser(), app_id: 'other' })
    delivery.clock.advance(23 * HOUR)
    await delivery.setPusher(bob, lost)
    // Its app has another address now, and is to confirm it once more.
    await delivery.setPusher(bob, { ...moved, data: { ...moved.data, url: 'https://push.example.org/2' } })
    delivery.clock.advance(HOUR)
    assert.equal(await sweep(delivery), 1, 'that of Alice')
    assert.deepEqual(await pushkeys(delivery), [
      confirmed.pushkey,
      moved.pushkey,
      off.pushkey,
      'key',
      lost.pushkey,
    ])
    delivery.clock.advance(23 * HOUR)
    assert.equal(await sweep(delivery), 2)
    assert.deepEqual(await pushkeys(delivery), [confirmed.pushkey, off.pushkey, 'key'])
  })

  test('go by themselves, however many', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    delivery.pushers.maxPushersPerUser = 100
    for (let at = 0; at < 99; at++) await delivery.setPusher(bob, newBrowser())
    for (let at = 0; at < 20; at++) await delivery.setPusher(alice, newBrowser())
    delivery.clock.advance(24 * HOUR)
    await using _sweeper = startUnconfirmedSweeper(
      { ...delivery.pushers, db: delivery.db, log: silentLog },
      24,
    )
    await eventually(async () => (await delivery.pusherRows()).length === 0)
  })
})
