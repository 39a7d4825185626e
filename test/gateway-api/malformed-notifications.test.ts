import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayRoutes } from '../../src/gateway-api/notify.ts'
import { createNotifyMetrics } from '../../src/gateway-api/notify-metrics.ts'
import { INBOX_APP_ID } from '../../src/gateway/inbox.ts'
import type { Database } from '../../src/storage/database.ts'
import { openGateway, unavailable } from '../gateway/fixture.ts'
import { unlimited } from '../../src/http/rate-limit.ts'
import { startServer } from '../http/server-fixture.ts'
import { onEachDatabase, openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { inject } from '../support/inject.ts'

// Any member of a room chooses the content of its events. A home server that receives a 400 response retries
// the poke for a day, and all later pokes of that pusher wait.

const KEY = 'a-pushkey-of-the-configuration'
const APPS = { app: { type: 'scripted' }, [INBOX_APP_ID]: { type: 'inbox', pushkeys: [KEY] } }
const INBOX_KEY = { userId: '', pushkey: KEY }
const NUL = String.raw`\u0000`
const LONE_SURROGATE = String.raw`\ud800`

async function serve(db: Database, script: Parameters<typeof openGateway>[1] = {}) {
  const fixture = await openGateway(db, { apps: APPS, ...script })
  const { gateway, metrics } = fixture
  const {
    server,
    lines,
    [Symbol.asyncDispose]: close,
  } = startServer(
    gatewayRoutes({ gateway, metrics: createNotifyMetrics(metrics, () => undefined), limiter: unlimited }),
    {
      level: 'warn',
    },
  )
  const notify = async (payload: string | Buffer) => {
    const response = await inject(server, { method: 'POST', url: '/_matrix/push/v1/notify', payload })
    return { status: response.statusCode, body: JSON.parse(response.body) as Record<string, unknown> }
  }
  const end = async () => {
    await close()
    await fixture[Symbol.asyncDispose]()
  }
  return { ...fixture, notify, warnings: lines, [Symbol.asyncDispose]: end }
}

/**
 * JSON of a notification for two devices, one of an app and one of the inbox. `more`: further members,
 * `device`: further members of both devices.
 */
const bodyOf = (more: string, device = '') => {
  const of = (app: string) => `{"app_id":"${app}","pushkey":"${KEY}"${device && `,${device}`}}`
  const members = ['"event_id":"$e"', '"room_id":"!r"', ...(more === '' ? [] : [more])]
  return `{"notification":{${members.join()},"devices":[${of('app')},${of(INBOX_APP_ID)}]}}`
}

const nested = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)

const MALFORMED: [title: string, body: string][] = [
  ['a NUL in the body text', bodyOf(`"type":"m.room.message","content":{"body":"a${NUL}b"}`)],
  ['a NUL in a key of the content', bodyOf(`"content":{"a${NUL}b":1}`)],
  [
    'a lone surrogate in names',
    bodyOf(`"sender_display_name":"${LONE_SURROGATE}","room_name":"${LONE_SURROGATE}x"`),
  ],
  ['a lone surrogate in a key', bodyOf(`"content":{"${LONE_SURROGATE}":1}`)],
  ['content nested 100 deep', bodyOf(`"content":${nested(100)}`)],
  ['content nested 30,000 deep', bodyOf(`"content":${nested(30_000)}`)],
  ['lists nested 200,000 deep', bodyOf(`"content":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)],
  ['numbers out of range', bodyOf('"content":{"n":1e999,"m":[-1e999]}')],
  ['counts out of range', bodyOf('"counts":{"unread":1e999,"missed_calls":-3}')],
  ['a key named __proto__', bodyOf('"content":{"__proto__":{"a":1}},"__proto__":{"devices":[]}')],
  [
    'names of the wrong type',
    bodyOf('"sender_display_name":7,"room_name":{},"room_alias":[1],"sender":true'),
  ],
  ['a type that is a number', bodyOf('"type":9')],
  ['a prio of the wrong type', bodyOf('"prio":5')],
  ['an unknown prio', bodyOf('"prio":"urgent"')],
  ['content of the wrong type', bodyOf('"content":"text"')],
  ['counts of the wrong type', bodyOf('"counts":3')],
  ['counts that are strings and fractions', bodyOf('"counts":{"unread":"3","missed_calls":1.5}')],
  ['user_is_target as a string', bodyOf('"user_is_target":"yes","membership":4')],
  ['an event_id that is a number', bodyOf('"event_id":7')],
  ['a room_id that is a list', bodyOf('"room_id":[]')],
  ['an event_id of 1,000 characters', bodyOf(`"event_id":"$${'x'.repeat(1000)}"`)],
  ['tweaks and data of the wrong type', bodyOf('', '"tweaks":"x","data":[]')],
  ['malformed tweaks', bodyOf('', `"tweaks":{"sound":{"a":1},"__proto__":7,"${NUL}":"${NUL}"}`)],
  [
    'malformed data',
    bodyOf('', `"data":{"x":"${NUL}${LONE_SURROGATE}","__proto__":{},"deep":${nested(1000)}}`),
  ],
  ['pushkey_ts as a string', bodyOf('', '"pushkey_ts":"12"')],
  ['a pushkey_ts out of range', bodyOf('', '"pushkey_ts":1e999')],
  ['bytes that are not UTF-8', bodyOf('"room_name":"\u00ff"')],
]

/**
 * Each row has an event id of its own. Latin-1 leaves ASCII unchanged, and makes invalid UTF-8 of the one
 * other row.
 */
const bytesOf = (body: string, row: number) => Buffer.from(body.replace('"$e"', `"$${row}"`), 'latin1')

onEachDatabase('a notification with malformed parts', (open) => {
  test('is sent to every device immediately', async (t) => {
    await using fixture = await serve(await open(t))
    for (const [row, [title, body]] of MALFORMED.entries()) {
      assert.deepEqual(
        await fixture.notify(bytesOf(body, row)),
        { status: 200, body: { rejected: [] } },
        title,
      )
      assert.equal(fixture.sent.length, row + 1, title)
    }
    assert.equal((await fixture.store.list(INBOX_KEY)).length, MALFORMED.length)
    assert.deepEqual(new Set(fixture.outcomes()), new Set(['delivered']))
  })

  test('is queued while the provider is unavailable, and delivered afterwards', async (t) => {
    let isUp = false
    await using fixture = await serve(await open(t), { script: () => (isUp ? undefined : unavailable) })
    for (const [row, [title, body]] of MALFORMED.entries()) {
      assert.deepEqual(
        await fixture.notify(bytesOf(body, row)),
        { status: 200, body: { rejected: [] } },
        title,
      )
    }
    isUp = true
    await eventually(() => {
      // In steps shorter than the time for which a lease is certain without a heartbeat, or each look would
      // take longer.
      fixture.clock.advance(1000)
      return (
        fixture.steps.filter((step) => step.app === 'app' && step.outcome === 'delivered').length ===
        MALFORMED.length
      )
    })
  })

  test('keeps its valid parts', async (t) => {
    await using fixture = await serve(await open(t))
    const more = `"type":"m.room.message","sender":"@a:b","sender_display_name":7,"prio":"low","counts":{"unread":2,"missed_calls":"1"}`
    const content = `"content":{"body":"a${NUL}b${LONE_SURROGATE}c","n":1e999,"list":[1e999,2],"__proto__":1,"ok":{"deep":[true,null]}}`
    await fixture.notify(
      bodyOf(`${more},${content}`, `"tweaks":{"sound":"default"},"pushkey_ts":"1","data":{"a":"${NUL}"}`),
    )
    const device = {
      app_id: INBOX_APP_ID,
      pushkey: KEY,
      tweaks: { sound: 'default' },
      data: { a: '\ufffd' },
    }
    const [entry] = await fixture.store.list(INBOX_KEY)
    assert.deepEqual(entry?.notification, {
      event_id: '$e',
      room_id: '!r',
      type: 'm.room.message',
      sender: '@a:b',
      prio: 'low',
      counts: { unread: 2 },
      content: { body: 'a\ufffdb\ufffdc', list: [null, 2], ok: { deep: [true, null] } },
      devices: [device],
    })
  })

  test('is rejected only for the pushkeys that contain invalid characters', async (t) => {
    await using fixture = await serve(await open(t))
    const devices = [`a${NUL}`, LONE_SURROGATE, KEY].flatMap((pushkey) =>
      ['app', INBOX_APP_ID].map((app) => `{"app_id":"${app}","pushkey":"${pushkey}"}`),
    )
    const { status, body } = await fixture.notify(
      `{"notification":{"event_id":"$e","devices":[${devices.join()}]}}`,
    )
    assert.deepEqual([status, body], [200, { rejected: ['a\0', '\ud800'] }])
    assert.deepEqual(
      fixture.sent.map(({ device }) => device.pushkey),
      [KEY],
    )
  })

  test('returns 200 and rejects no pushkey when its app_id contains invalid characters or is too long', async (t) => {
    await using fixture = await serve(await open(t), {
      apps: { '*': { type: 'scripted' } },
      script: () => unavailable,
    })
    for (const app of [`a${NUL}`, LONE_SURROGATE, 'x'.repeat(10_000)]) {
      const result = await fixture.notify(
        `{"notification":{"devices":[{"app_id":"${app}","pushkey":"key"}]}}`,
      )
      assert.deepEqual(result, { status: 200, body: { rejected: [] } }, app)
    }
  })

  test('is sent to the valid devices, and those without app_id or pushkey are skipped', async (t) => {
    await using fixture = await serve(await open(t))
    const malformed = [
      '7',
      'null',
      '{}',
      '{"app_id":"app"}',
      '{"app_id":7,"pushkey":"b"}',
      '{"app_id":"app","pushkey":null}',
    ]
    const notify = (devices: string[]) =>
      fixture.notify(`{"notification":{"event_id":"$e","devices":[${devices.join()}]}}`)
    const result = await notify([...malformed, '{"app_id":"app","pushkey":"valid"}'])
    assert.deepEqual(result, { status: 200, body: { rejected: [] } })
    assert.deepEqual(
      fixture.sent.map(({ device }) => device.pushkey),
      ['valid'],
    )
    assert.equal(fixture.warnings.length, 1)
    assert.match(fixture.warnings[0] ?? '', /"devices":6/)
    for (const one of malformed) assert.equal((await notify([one])).status, 400, one)
  })
})

test('a body that is not a JSON object returns 400', async (t) => {
  await using fixture = await serve(await openTestSqlite(t))
  const rows = [
    ['{', 'M_NOT_JSON'],
    ['{"notification":NaN}', 'M_NOT_JSON'],
    ['[]', 'M_BAD_JSON'],
    ['null', 'M_BAD_JSON'],
    ['7', 'M_BAD_JSON'],
    ['['.repeat(250_000), 'M_NOT_JSON'],
    ['['.repeat(250_000) + ']'.repeat(250_000), 'M_BAD_JSON'],
    [`{"notification":${nested(80_000)}}`, 'M_MISSING_PARAM'],
    [`{"notification":{"devices":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`, 'M_BAD_JSON'],
  ] as const
  for (const [body, errcode] of rows) {
    const result = await fixture.notify(body)
    assert.deepEqual([result.status, result.body['errcode']], [400, errcode], body.slice(0, 40))
  }
})
