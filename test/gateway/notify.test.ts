import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import {
  INBOX_APP_ID,
  makeInboxApp,
  type DeviceOutcome,
  type GatewayApp,
  type InboxEntry,
} from '../../src/gateway/apps.ts'
import { parseNotification } from '../../src/gateway/notification.ts'
import { notify, type DeviceReport } from '../../src/gateway/notify.ts'
import type { Clock } from '../../src/lib/clock.ts'

const clock: Clock = { now: () => 1_700_000_000_000, sleep: () => Promise.resolve() }

const notificationFor = (...devices: [appId: string, pushkey: string][]) =>
  parseNotification({
    notification: {
      event_id: '$e',
      room_id: '!r',
      devices: devices.map(([app_id, pushkey]) => ({ app_id, pushkey, data: { note: pushkey } })),
    },
  })

function appOf(appId: string, outcome: () => Promise<DeviceOutcome>): GatewayApp {
  return { appId, deliver: outcome }
}

function gateway(...apps: GatewayApp[]) {
  const reports: DeviceReport[] = []
  return {
    reports,
    deps: {
      apps: new Map(apps.map((app) => [app.appId, app])),
      report: (report: DeviceReport) => void reports.push(report),
    },
  }
}

suite('notify', () => {
  const good = appOf('good', async () => 'delivered')
  const dead = appOf('dead', async () => 'rejected')
  const big = appOf('big', async () => 'dropped')
  const broken = appOf('broken', () => Promise.reject(new Error('disk full')))

  test('answers with the rejected pushkeys alone, each once', async () => {
    const { deps, reports } = gateway(good, dead, big)
    const notification = notificationFor(
      ['good', 'a'],
      ['dead', 'b'],
      ['big', 'c'],
      ['dead', 'd'],
      ['dead', 'b'],
    )
    assert.deepEqual(await notify(deps, notification), { rejected: ['b', 'd'] })
    assert.deepEqual(
      reports.map(({ outcome }) => outcome),
      ['delivered', 'rejected', 'dropped', 'rejected', 'rejected'],
    )
  })

  test('an unknown app is a mistake of the operator: reported, never rejected', async () => {
    const { deps, reports } = gateway(good)
    for (const appId of ['nobody', 'constructor', '__proto__', '']) {
      assert.deepEqual(await notify(deps, notificationFor([appId, 'a'])), { rejected: [] })
    }
    assert.ok(reports.every(({ outcome }) => outcome === 'configuration error'))
    assert.equal(reports.length, 4)
  })

  test('devices are served at the same time', async () => {
    const both = Promise.withResolvers<DeviceOutcome>()
    let waiting = 0
    const meeting = appOf('meeting', () => {
      if (++waiting === 2) both.resolve('delivered')
      return both.promise
    })
    const { deps } = gateway(meeting)
    assert.deepEqual(await notify(deps, notificationFor(['meeting', 'a'], ['meeting', 'b'])), {
      rejected: [],
    })
  })

  test('one failure changes nothing for the others, whatever the order', async () => {
    for (const order of [
      ['broken', 'dead'],
      ['dead', 'broken'],
    ] as const) {
      const { deps, reports } = gateway(dead, broken)
      const answer = await notify(deps, notificationFor([order[0], 'a'], [order[1], 'a']))
      assert.deepEqual(answer, { rejected: ['a'] })
      const failure = reports.find(({ outcome }) => outcome === 'failed')
      assert.match(String(failure?.cause), /disk full/)
    }
  })

  test('when nothing could be accepted, the home server is asked to come again', async () => {
    const { deps } = gateway(good, broken)
    const hidden = { status: 503, message: /^(?!.*disk full)/ }
    await assert.rejects(notify(deps, notificationFor(['broken', 'a'])), hidden)
    await assert.rejects(notify(deps, notificationFor(['broken', 'a'], ['nobody', 'b'])), hidden)
  })
})

suite('the inbox', () => {
  function inbox() {
    const kept: [string, InboxEntry][] = []
    const store = {
      add: async (pushkey: string, entry: InboxEntry) => void kept.push([pushkey, entry]),
      list: async () => [],
    }
    return { kept, app: makeInboxApp({ store, clock }) }
  }

  test('keeps the notification as it came, with the time, under each pushkey', async () => {
    const { kept, app } = inbox()
    const { deps } = gateway(app)
    assert.deepEqual(await notify(deps, notificationFor([INBOX_APP_ID, 'a'], [INBOX_APP_ID, 'b'])), {
      rejected: [],
    })
    assert.deepEqual(
      kept,
      ['a', 'b'].map((pushkey) => [
        pushkey,
        {
          received_at: 1_700_000_000_000,
          notification: {
            event_id: '$e',
            room_id: '!r',
            devices: [{ app_id: INBOX_APP_ID, pushkey, data: { note: pushkey } }],
          },
        },
      ]),
    )
  })

  test('rejects pushkeys that no pusher may have: none, and more than 512 bytes', async () => {
    const { kept, app } = inbox()
    const { deps } = gateway(app)
    const long = 'ü'.repeat(257)
    const longest = 'ü'.repeat(256)
    const devices: [string, string][] = ['', long, longest].map((pushkey) => [INBOX_APP_ID, pushkey])
    assert.deepEqual(await notify(deps, notificationFor(...devices)), { rejected: ['', long] })
    assert.deepEqual(
      kept.map(([pushkey]) => pushkey),
      [longest],
    )
  })
})
