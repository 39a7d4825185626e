import assert from 'node:assert/strict'
import { randomBytes, createECDH } from 'node:crypto'
import { test } from 'node:test'
import { activatePusher } from '../../src/pushers/activate-pusher.ts'
import { reportPushers } from '../../src/pushers/report-pushers.ts'
import { startUnconfirmedSweeper, sweepUnconfirmed } from '../../src/pushers/sweep-unconfirmed.ts'
import { alice, bob, buildTower, type Tower } from '../delivery/tower.ts'
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

const pushkeys = async (tower: Tower) => (await tower.pusherRows()).map(({ pushkey }) => pushkey)
const sweep = (tower: Tower) => sweepUnconfirmed({ ...tower.pushers, db: tower.db }, 24)

async function confirm(tower: Tower, pushkey: string): Promise<void> {
  const row = (await tower.pusherRows()).find((one) => one.pushkey === pushkey)
  await activatePusher(tower.pushers, { userId: bob, appId: APP, ackToken: row?.ack_token ?? '' })
}

onEachDatabase('pushers of kind webpush that are not confirmed', (open) => {
  test('are removed a day after they were set, and are told of with that reason', async (t) => {
    const tower = await buildTower(t, await open(t))
    const browser = newBrowser()
    await tower.setPusher(bob, browser)
    tower.clock.advance(24 * HOUR - 1)
    assert.equal(await sweep(tower), 0)
    assert.deepEqual(await pushkeys(tower), [browser.pushkey])
    tower.clock.advance(1)
    assert.equal(await sweep(tower), 1)
    assert.deepEqual(await pushkeys(tower), [])
    const now = tower.clock.now()
    const { pushers, removed } = await reportPushers(tower.db, {
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
    const tower = await buildTower(t, await open(t))
    const browser = newBrowser()
    await tower.setPusher(bob, browser)
    tower.clock.advance(20 * HOUR)
    await tower.setPusher(bob, browser)
    tower.clock.advance(20 * HOUR)
    assert.equal(await sweep(tower), 0)
    tower.clock.advance(4 * HOUR)
    assert.equal(await sweep(tower), 1)
  })

  test('go alone: confirmed ones, those that are off, other kinds and other users stay', async (t) => {
    const tower = await buildTower(t, await open(t))
    const [confirmed, moved, off, lost] = [newBrowser(), newBrowser(), newBrowser(), newBrowser()]
    for (const browser of [confirmed, moved]) {
      await tower.setPusher(bob, browser)
      await confirm(tower, browser.pushkey)
    }
    await tower.setPusher(bob, { ...off, enabled: false })
    await tower.setPusher(bob, {
      data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
      append: true,
    })
    await tower.setPusher(alice, { ...newBrowser(), app_id: 'other' })
    tower.clock.advance(23 * HOUR)
    await tower.setPusher(bob, lost)
    // Its app has another address now, and is to confirm it once more.
    await tower.setPusher(bob, { ...moved, data: { ...moved.data, url: 'https://push.example.org/2' } })
    tower.clock.advance(HOUR)
    assert.equal(await sweep(tower), 1, 'that of Alice')
    assert.deepEqual(await pushkeys(tower), [
      confirmed.pushkey,
      moved.pushkey,
      off.pushkey,
      'key',
      lost.pushkey,
    ])
    tower.clock.advance(23 * HOUR)
    assert.equal(await sweep(tower), 2)
    assert.deepEqual(await pushkeys(tower), [confirmed.pushkey, off.pushkey, 'key'])
  })

  test('go by themselves, however many', async (t) => {
    const tower = await buildTower(t, await open(t))
    tower.pushers.maxPushersPerUser = 100
    for (let at = 0; at < 99; at++) await tower.setPusher(bob, newBrowser())
    for (let at = 0; at < 20; at++) await tower.setPusher(alice, newBrowser())
    tower.clock.advance(24 * HOUR)
    await using _sweeper = startUnconfirmedSweeper({ ...tower.pushers, db: tower.db, log: silentLog }, 24)
    await eventually(async () => (await tower.pusherRows()).length === 0)
  })
})
