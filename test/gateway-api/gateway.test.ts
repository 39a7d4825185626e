import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inboxRoutes } from '../../src/gateway-api/inbox.ts'
import { gatewayRoutes } from '../../src/gateway-api/notify.ts'
import { createNotifyMetrics } from '../../src/gateway-api/notify-metrics.ts'
import { INBOX_APP_ID } from '../../src/gateway/inbox.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { unlimited } from '../../src/http/rate-limit.ts'
import { startServer } from '../http/server-fixture.ts'
import { wordsOf } from '../support/words.ts'
import { onEachDatabase } from '../support/databases.ts'
import { openGateway } from '../gateway/fixture.ts'
import { inject } from '../support/inject.ts'

const KEYS = [
  'a/b ü, a long enough key',
  'another, long enough key',
  'a busy, long enough key',
  'a quiet, long enough key',
]
const [NON_ASCII, ANOTHER, BUSY, QUIET] = KEYS as [string, string, string, string]

const NOTIFY = '/_matrix/push/v1/notify'

async function serve(db: Database) {
  const fixture = await openGateway(db, { apps: { [INBOX_APP_ID]: { type: 'inbox', pushkeys: KEYS } } })
  const { gateway, store, configured, clock, steps, metrics } = fixture
  const { server, [Symbol.asyncDispose]: closeServer } = startServer([
    ...gatewayRoutes({ gateway, metrics: createNotifyMetrics(metrics, () => undefined), limiter: unlimited }),
    ...inboxRoutes({ store, configured, clock, random: systemRandom, wordsOf }),
  ])
  const close = async () => {
    await closeServer()
    await fixture[Symbol.asyncDispose]()
  }
  const call = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object | string) => {
    const response = await inject(server, { method, url, ...(payload !== undefined && { payload }) })
    return { status: response.statusCode, body: JSON.parse(response.body) as Record<string, unknown> }
  }
  const poke = (pushkey: string, eventId: string, appId = INBOX_APP_ID) =>
    call('POST', NOTIFY, { notification: { event_id: eventId, devices: [{ app_id: appId, pushkey }] } })
  const inboxOf = async (pushkey: string) => {
    const { body } = await call('GET', `/_belfry/v1/inbox/${encodeURIComponent(pushkey)}`)
    return body['notifications'] as { received_at: number; notification: Record<string, unknown> }[]
  }
  return { call, poke, inboxOf, steps, clock, [Symbol.asyncDispose]: close }
}

onEachDatabase('the gateway of this server', (open) => {
  test('GET /inbox/{pushkey} returns the notifications of a configured inbox, newest last', async (t) => {
    await using api = await serve(await open(t))
    assert.deepEqual(await api.poke(NON_ASCII, '$1'), { status: 200, body: { rejected: [] } })
    api.clock.advance(5)
    await api.poke(NON_ASCII, '$2')
    await api.poke(ANOTHER, '$3')
    const notification = (eventId: string) => ({
      event_id: eventId,
      devices: [{ app_id: INBOX_APP_ID, pushkey: NON_ASCII }],
    })
    assert.deepEqual(await api.inboxOf(NON_ASCII), [
      { received_at: api.clock.now() - 5, notification: notification('$1') },
      { received_at: api.clock.now(), notification: notification('$2') },
    ])
  })

  test('an inbox keeps the last 100 notifications of a pushkey', async (t) => {
    await using api = await serve(await open(t))
    await api.poke(QUIET, '$quiet')
    for (let n = 0; n < 103; n++) await api.poke(BUSY, `$${n}`)
    const events = (await api.inboxOf(BUSY)).map(({ notification }) => notification['event_id'])
    assert.equal(events.length, 100)
    assert.deepEqual([events.at(0), events.at(-1)], ['$3', '$102'])
    assert.equal((await api.inboxOf(QUIET)).length, 1)
  })

  test('an unknown app_id is reported as a configuration error, and no pushkey is rejected', async (t) => {
    await using api = await serve(await open(t))
    assert.deepEqual((await api.poke('key', '$1', 'org.example.unknown')).body, { rejected: [] })
    assert.deepEqual(
      api.steps.map(({ appId, outcome, reason }) => [appId, outcome, reason]),
      [['org.example.unknown', 'configuration error', 'unknown app']],
    )
  })

  test('GET /notify responds to UnifiedPush discovery, and other methods return 405', async (t) => {
    await using api = await serve(await open(t))
    assert.deepEqual(await api.call('GET', NOTIFY), {
      status: 200,
      body: { unifiedpush: { gateway: 'matrix' } },
    })
    const put = await api.call('PUT', NOTIFY, {})
    assert.deepEqual([put.status, put.body['errcode']], [405, 'M_UNRECOGNIZED'])
  })

  test('a body of 512 KiB is accepted, and a larger one returns 413', async (t) => {
    await using api = await serve(await open(t))
    const body = (bytes: number) => {
      const empty = { notification: { event_id: '', devices: [{ app_id: INBOX_APP_ID, pushkey: ANOTHER }] } }
      return {
        notification: { ...empty.notification, event_id: 'x'.repeat(bytes - JSON.stringify(empty).length) },
      }
    }
    assert.equal((await api.call('POST', NOTIFY, body(512 * 1024))).status, 200)
    const refused = await api.call('POST', NOTIFY, body(512 * 1024 + 1))
    assert.deepEqual([refused.status, refused.body['errcode']], [413, 'M_TOO_LARGE'])
  })

  test('a body that is not a notification returns 400 with an errcode for the fault', async (t) => {
    await using api = await serve(await open(t))
    const errcode = async (payload: object | string) => {
      const { status, body } = await api.call('POST', NOTIFY, payload)
      return [status, body['errcode']]
    }
    assert.deepEqual(await errcode({}), [400, 'M_MISSING_PARAM'])
    assert.deepEqual(await errcode('no json'), [400, 'M_NOT_JSON'])
    assert.deepEqual(await errcode({ notification: { devices: 'x' } }), [400, 'M_BAD_JSON'])
    assert.deepEqual(await errcode({ notification: { devices: [] } }), [400, 'M_INVALID_PARAM'])
  })

  test('a pushkey that is not in the configuration is rejected, and its inbox returns 404', async (t) => {
    await using api = await serve(await open(t))
    assert.deepEqual(await api.poke('a guess', '$1'), { status: 200, body: { rejected: ['a guess'] } })
    const { status, body } = await api.call('GET', '/_belfry/v1/inbox/guess')
    assert.deepEqual([status, body['errcode']], [404, 'M_NOT_FOUND'])
  })

  test('the inbox of a pushkey longer than 512 bytes returns 400', async (t) => {
    await using api = await serve(await open(t))
    const { status, body } = await api.call('GET', `/_belfry/v1/inbox/${'x'.repeat(513)}`)
    assert.deepEqual([status, body['errcode']], [400, 'M_INVALID_PARAM'])
  })
})
