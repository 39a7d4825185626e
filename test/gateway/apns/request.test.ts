import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { LOOP_BACK_EVENT_ID } from '../../../src/gateway/message-id.ts'
import { BADGE_ONLY, ID_ONLY, ROOM_MESSAGE } from '../message.ts'
import { bodyOf, startApnsFixture } from './fixture.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000

const SILENT = { data: { default_payload: { aps: { 'content-available': 1 } } } }

type Case = {
  notification?: object
  device?: object
  expiresAt?: number
  options?: object
  topics?: string[]
}

suite('APNs request headers', () => {
  const rows: [title: string, given: Case, expected: Record<string, string | undefined>][] = [
    ['the topic of the app', {}, { 'apns-topic': 'org.example.app' }],
    ['an alert', {}, { 'apns-push-type': 'alert', 'apns-priority': '10' }],
    [
      'a badge is an alert',
      { notification: BADGE_ONLY },
      { 'apns-push-type': 'alert', 'apns-priority': '10' },
    ],
    ['low priority', { notification: { ...ROOM_MESSAGE, prio: 'low' } }, { 'apns-priority': '5' }],
    [
      'a missing priority is high',
      { notification: { ...ROOM_MESSAGE, prio: undefined } },
      { 'apns-priority': '10' },
    ],
    [
      'a silent default payload is a background push, whatever its priority',
      { notification: ID_ONLY, device: SILENT },
      { 'apns-push-type': 'background', 'apns-priority': '5' },
    ],
    [
      'a silent default payload is a background push, also with push_type alert',
      { notification: ID_ONLY, device: SILENT, options: { push_type: 'alert' } },
      { 'apns-push-type': 'background', 'apns-priority': '5' },
    ],
    ['ids only: no push type', { notification: ID_ONLY }, { 'apns-push-type': undefined }],
    [
      'ids only: the push_type of the app',
      { notification: ID_ONLY, options: { push_type: 'alert' } },
      { 'apns-push-type': 'alert', 'apns-priority': '10' },
    ],
    [
      'push_type background',
      { options: { push_type: 'background' } },
      { 'apns-push-type': 'background', 'apns-priority': '5' },
    ],
    [
      'push_type voip adds .voip to the topic',
      { options: { push_type: 'voip' }, topics: ['org.example.app.voip'] },
      { 'apns-push-type': 'voip', 'apns-topic': 'org.example.app.voip', 'apns-priority': '10' },
    ],
    [
      'push_type voip with a topic that ends with .voip already',
      { options: { push_type: 'voip', topic: 'org.example.app.voip' }, topics: ['org.example.app.voip'] },
      { 'apns-topic': 'org.example.app.voip' },
    ],
    [
      'push_type fileprovider',
      { options: { push_type: 'fileprovider' }, topics: ['org.example.app.pushkit.fileprovider'] },
      { 'apns-push-type': 'fileprovider' },
    ],
    [
      'push_type complication',
      { options: { push_type: 'complication' }, topics: ['org.example.app.complication'] },
      { 'apns-push-type': 'complication' },
    ],
    ['push_type mdm', { options: { push_type: 'mdm' } }, { 'apns-push-type': 'mdm' }],
    [
      'the expiration is that of the message',
      { expiresAt: NOW + HOUR + 999 },
      { 'apns-expiration': '1800003600' },
    ],
    [
      'the expiration is at most 30 days ahead',
      { expiresAt: NOW + 1000 * HOUR },
      { 'apns-expiration': String(1_800_000_000 + 30 * 86_400) },
    ],
    ['an expiration in this second is 0: one attempt', { expiresAt: NOW + 999 }, { 'apns-expiration': '0' }],
    ['an expiration in the past is 0', { expiresAt: 0 }, { 'apns-expiration': '0' }],
    ['counts only: no collapse id', { notification: BADGE_ONLY }, { 'apns-collapse-id': undefined }],
    [
      'a test push: no collapse id, because it may be sent twice',
      { notification: { event_id: LOOP_BACK_EVENT_ID } },
      { 'apns-collapse-id': undefined },
    ],
  ]
  for (const [title, { options = {}, topics, ...parts }, expected] of rows) {
    test(title, async (t) => {
      const { fake, send } = await startApnsFixture(t, {
        options,
        fake: topics === undefined ? {} : { topics },
      })
      assert.equal((await send(parts)).kind, 'delivered')
      const [push] = fake.seen
      const given = Object.keys(expected).map((name) => [name, push?.headers[name]])
      assert.deepEqual(Object.fromEntries(given), expected)
    })
  }

  test('apns-id and apns-collapse-id are the same for each attempt, and differ for another event', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    await send()
    await send({ attempt: 2 })
    await send({ notification: { ...ROOM_MESSAGE, event_id: '$other' } })
    const ids = fake.seen.map(({ headers }) => [headers['apns-id'], headers['apns-collapse-id']])
    assert.deepEqual(ids[0], ids[1])
    assert.notEqual(ids[0]?.[0], ids[2]?.[0])
    assert.notEqual(ids[0]?.[1], ids[2]?.[1])
    assert.match(String(ids[0]?.[0]), /^[0-9a-f]{8}-[0-9a-f]{4}-5/)
  })

  test('only_last_per_room: events of one room have the same collapse id', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    const device = { data: { only_last_per_room: true } }
    await send({ device })
    await send({ device, notification: { ...ROOM_MESSAGE, event_id: '$other' } })
    const [first, second] = fake.seen.map(({ headers }) => headers['apns-collapse-id'])
    assert.equal(first, second)
  })

  test('a voip payload may have 5,120 bytes', async (t) => {
    const body = 'x'.repeat(10_000)
    const notification = { ...ROOM_MESSAGE, content: { msgtype: 'm.text', body } }
    const { fake, send } = await startApnsFixture(t, {
      options: { push_type: 'voip' },
      fake: { topics: ['org.example.app.voip'] },
    })
    assert.equal((await send({ notification })).kind, 'delivered')
    assert.equal(Buffer.byteLength(fake.seen[0]?.body ?? ''), 5120)
  })

  test('the path of base_url is kept', async (t) => {
    const { fake, provider, open, send } = await startApnsFixture(t)
    const relayed = await open({ base_url: `${fake.url}/relay/` })
    assert.equal((await send()).kind, 'delivered')
    assert.deepEqual(bodyOf(fake).aps !== undefined, true)
    assert.equal(provider.lineOf({ app_id: 'a', pushkey: 'k' }), `apns ${new URL(fake.url).host}`)
    const result = await relayed.send(
      {
        device: { app_id: 'a', pushkey: 'spqr' },
        notification: { ...ID_ONLY, devices: [] },
        expiresAt: NOW,
        attempt: 1,
      },
      new AbortController().signal,
    )
    // The fake APNs does not know this path.
    assert.deepEqual(result, { kind: 'refused', reason: 'BadPath', status: 404 })
    assert.equal(fake.seen.at(-1)?.headers[':path'], '/relay/3/device/b29aab')
  })
})
