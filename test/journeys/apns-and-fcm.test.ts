import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'

import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { createGatewayApp } from '../../src/gateway-app.ts'
import { checkGateway } from '../../src/gateway-app/check-gateway.ts'
import { folderWith } from '../gateway/apns/fixture.ts'
import { ROOM_MESSAGE } from '../gateway/message.ts'
import { afterTest } from '../support/after-test.ts'
import { checkedResponses } from '../support/response-check.ts'
import { eventually } from '../support/eventually.ts'
import { startFakeApns } from '../support/fake-apns.ts'
import { fcmError, startFakeFcm } from '../support/fake-fcm.ts'
import { silentLog } from '../support/log.ts'

// From the request of a home server to the phone and back, over real connections: `belfry gateway` with a
// Sygnal file, and fakes of Apple and Google on loopback.

const IOS = 'org.example.ios'
const ANDROID = 'org.example.android'

/** Written as JSON, which is valid YAML. */
type Apps = Record<string, Record<string, unknown>>
type Health = { gateway: { apps: Record<string, { state: string }> } }

async function startFixture(t: TestContext, change: (apps: Apps) => Apps = (apps) => apps) {
  const apns = await startFakeApns()
  afterTest(t, () => apns[Symbol.asyncDispose]())
  const fcm = await startFakeFcm()
  afterTest(t, () => fcm[Symbol.asyncDispose]())
  const folder = await folderWith(t, {
    'key.p8': apns.privateKey,
    'ca.pem': apns.ca,
    'account.json': fcm.serviceAccount(),
    'nonsense.p8': 'nonsense',
  })
  const path = (name: string) => join(folder, name)
  const ios = {
    type: 'apns',
    keyfile: path('key.p8'),
    key_id: apns.keyId,
    team_id: apns.teamId,
    topic: 'org.example.app',
    platform: 'sandbox',
    base_url: apns.url,
    ca_file: path('ca.pem'),
  }
  const android = {
    type: 'gcm',
    api_version: 'v1',
    project_id: fcm.projectId,
    service_account_file: path('account.json'),
  }
  const apps = change({ [IOS]: ios, [ANDROID]: { ...android, base_url: fcm.url } })
  const load = (given: Apps) => {
    const text = JSON.stringify({ apps: given, rate_limits: { enabled: false }, data: path('data') })
    return loadGatewayConfig({
      argv: ['--listen', '127.0.0.1:0', '--config', 'x'],
      env: {},
      readFile: () => text,
    })
  }
  const app = await createGatewayApp(load(apps), { log: silentLog, onResponse: checkedResponses(t) })
  afterTest(t, () => app.close())
  const { url } = await app.listen()
  const notify = async (devices: object[], notification: object = ROOM_MESSAGE) => {
    const response = await fetch(`${url}/_matrix/push/v1/notify`, {
      method: 'POST',
      body: JSON.stringify({ notification: { ...notification, devices } }),
    })
    return { status: response.status, body: (await response.json()) as unknown }
  }
  const health = async () => (await (await fetch(`${url}/health`)).json()) as Health
  return { apns, fcm, apps, load, app, path, notify, health, url }
}

const hex = (index: number) => (0xa0000000 + index).toString(16)
const iphone = (index: number, more: object = {}) => ({
  app_id: IOS,
  pushkey: Buffer.from(hex(index), 'hex').toString('base64'),
  ...more,
})
const android = (pushkey: string, more: object = {}) => ({ app_id: ANDROID, pushkey, ...more })
const event = (id: string) => ({ ...ROOM_MESSAGE, event_id: id })
const none = { status: 200, body: { rejected: [] } }

suite('Apple and Google', () => {
  test('rejects only the dead devices of a request', async (t) => {
    const { apns, fcm, notify } = await startFixture(t)
    assert.deepEqual(await notify([iphone(0), android('first')], event('$before')), none)
    apns.script(hex(1), { status: 410, reason: 'Unregistered' })
    fcm.script('dead', fcmError(404, 'NOT_FOUND', { errorCode: 'UNREGISTERED' }))
    apns.script(hex(3), { status: 400, reason: 'TopicDisallowed' })
    const devices = [
      iphone(1),
      iphone(2),
      iphone(3),
      android('dead'),
      android('alive'),
      { app_id: 'org.example.unknown', pushkey: 'x' },
      { app_id: IOS, pushkey: 'not base64!' },
      android('odd', { data: { default_payload: [] } }),
    ]
    const { status, body } = await notify(devices)
    assert.equal(status, 200)
    assert.deepEqual(
      (body as { rejected: string[] }).rejected.toSorted(),
      [iphone(1).pushkey, 'dead', 'not base64!', 'odd'].toSorted(),
    )
    assert.deepEqual(
      apns.seen.filter(({ status: code }) => code === 200).map(({ device }) => device),
      [hex(0), hex(2)],
    )
    assert.deepEqual(fcm.seen.map(({ token }) => token).toSorted(), ['alive', 'dead', 'first'])
  })

  test('rejects no device if the platform of the whole app is wrong', async (t) => {
    const { apns, notify, health } = await startFixture(t)
    apns.script('*', ...Array.from({ length: 100 }, () => ({ status: 400, reason: 'BadDeviceToken' })))
    for (let index = 0; index < 20; index++) {
      assert.deepEqual(await notify([iphone(index)], event(`$${index}`)), none)
    }
    assert.ok(apns.seen.length >= 10)
    assert.equal((await health()).gateway.apps[IOS]?.state, 'alarmed')
  })

  test('rejects no base64 pushkey of an app that expects hexadecimal digits', async (t) => {
    const { notify } = await startFixture(t, (apps) => ({
      ...apps,
      [IOS]: { ...apps[IOS], convert_device_token_to_hex: false },
    }))
    for (let index = 0; index < 20; index++) {
      const pushkey = Buffer.from(`token number ${index}`).toString('base64')
      assert.deepEqual(await notify([iphone(0, { pushkey })], event(`$${index}`)), none)
    }
  })

  test('sends one push for five requests with the same event', async (t) => {
    const { apns, fcm, notify } = await startFixture(t)
    const results = await Promise.all(Array.from({ length: 5 }, () => notify([iphone(0), android('a')])))
    for (const result of results) assert.deepEqual(result, none)
    assert.deepEqual([apns.accepted(), fcm.accepted()], [1, 1])
  })

  test('sends a push that Apple cannot accept now later, with the same id', async (t) => {
    const { apns, notify } = await startFixture(t)
    apns.script('*', { status: 503, reason: 'ServiceUnavailable' })
    assert.deepEqual(await notify([iphone(0)]), none)
    await eventually(() => apns.accepted() === 1)
    const [first, second] = apns.seen.map(({ headers }) => headers['apns-id'])
    assert.equal(first, second)
  })

  test('a burst with GOAWAY reaches every phone once', async (t) => {
    const { apns, notify } = await startFixture(t)
    assert.deepEqual(await notify([iphone(999)], event('$first')), none)
    apns.script(hex(40), 'goaway')
    const calls = [0, 1, 2].map((call) =>
      notify(
        Array.from({ length: 50 }, (_, index) => iphone(50 * call + index)),
        event('$burst'),
      ),
    )
    for (const result of await Promise.all(calls)) assert.deepEqual(result, none)
    const taken = apns.seen.slice(1).map(({ device }) => device)
    assert.deepEqual([taken.length, new Set(taken).size], [150, 150])
  })

  test('iPhones of a Firebase project without Apple credentials do not delay Android phones', async (t) => {
    const { fcm, notify, health } = await startFixture(t)
    const refused = fcmError(401, 'UNAUTHENTICATED', { errorCode: 'THIRD_PARTY_AUTH_ERROR' })
    for (let n = 0; n < 10; n++) {
      // The queue retries while this test runs, so each attempt is refused.
      fcm.script(`iphone ${n}`, ...Array.from({ length: 100 }, () => refused))
      assert.deepEqual(await notify([android(`iphone ${n}`)], event(`$iphone${n}`)), none)
      assert.deepEqual(await notify([android('phone')], event(`$${n}`)), none)
    }
    assert.equal(fcm.accepted(), 10)
    assert.equal(fcm.granted(), 1, 'another token would not help')
    assert.equal((await health()).gateway.apps[ANDROID]?.state, 'degraded')
  })

  test('a default_payload of null counts as absent, and a sound of the push rules reaches an iPhone', async (t) => {
    const { apns, fcm, notify } = await startFixture(t)
    const data = { default_payload: null }
    assert.deepEqual(await notify([iphone(0, { data }), android('phone', { data })]), none)
    const sounding = {
      data: { default_payload: { aps: { 'mutable-content': 1 } } },
      tweaks: { sound: 'default' },
    }
    assert.deepEqual(await notify([iphone(1, sounding)]), none)
    assert.deepEqual([apns.accepted(), fcm.accepted()], [2, 1])
    const { aps } = JSON.parse(String(apns.seen[1]?.body)) as { aps: Record<string, unknown> }
    assert.deepEqual([aps['sound'], aps['mutable-content']], ['default', 1])
  })

  test('two apps with one key share its token, also after a reload of the configuration', async (t) => {
    const other = 'org.example.ios.dev'
    const fixture = await startFixture(t, (apps) => ({ ...apps, [other]: apps[IOS] ?? {} }))
    const { apns, notify, app, load, apps } = fixture
    await notify([iphone(0), iphone(1, { app_id: other })], event('$1'))
    await app.reload(load({ ...apps, [IOS]: { ...apps[IOS], push_type: 'alert' } }))
    await notify([iphone(0), iphone(1, { app_id: other })], event('$2'))
    assert.equal(apns.accepted(), 4)
    assert.equal(apns.tokens.size, 1)
  })

  test('metrics have the names that Sygnal uses', async (t) => {
    const { notify, url } = await startFixture(t)
    await notify([iphone(0), android('a')])
    const text = await (await fetch(`${url}/metrics`)).text()
    assert.match(text, /sygnal_apns_status_codes\{pushkin="org\.example\.ios",code="200"\} 1/)
    assert.match(text, /sygnal_gcm_status_codes\{pushkin="org\.example\.android",code="200"\} 1/)
  })

  test('faults of credentials are reported before the start, without secrets', async (t) => {
    const { load, apps, path } = await startFixture(t)
    const broken = {
      good: apps[IOS] ?? {},
      bad: { ...apps[IOS], keyfile: path('nonsense.p8') },
      gone: { ...apps[IOS], keyfile: path('nothing.p8') },
      half: { ...apps[IOS], team_id: undefined },
      google: { ...apps[ANDROID], service_account_file: path('nonsense.p8') },
    }
    const { lines } = await checkGateway(load(broken))
    assert.deepEqual(
      lines.map(({ app, fault }) => [app, fault === undefined]),
      [
        ['good', true],
        ['bad', false],
        ['gone', false],
        ['half', false],
        ['google', false],
      ],
    )
    const faults = lines.map(({ fault = '' }) => fault)
    assert.match(faults[1] ?? '', /no private key in PEM form/)
    assert.match(faults[2] ?? '', /there is no such file/)
    assert.match(faults[3] ?? '', /team_id/)
    assert.match(faults[4] ?? '', /no JSON object/)
  })
})
