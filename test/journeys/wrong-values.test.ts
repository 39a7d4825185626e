import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts'
import { call, foundingPusher, registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'
import { type KnownValues, placesIn, replaced, validJson } from '../support/valid-json.ts'
import { runs } from '../support/property.ts'

// Each endpoint with a JSON body gets bodies that are valid except for one value. The bodies follow from the
// schemas of the OpenAPI document, so a new endpoint is included. The requests of random-requests.test.ts
// have random bodies, which few handlers accept.

/** These end the session, the membership of the room or the key backup, or take the time of a password hash. */
const APART =
  /\/(logout|deactivate|password|delete_devices|register|login|leave|forget|upgrade|room_keys\/version)$|\/devices\/\{/

let nested: unknown = 1
for (let depth = 0; depth < 70; depth++) nested = depth % 2 === 0 ? [nested] : { a: nested }

const NUMBERS = [0, -1, 1.5, 2 ** 53, 1e300]
const TEXTS = [
  '',
  '\u0000',
  '\ud800',
  '*',
  '%00',
  '-9223372036854775809',
  'x'.repeat(70_000),
  '🧨'.repeat(300),
]
const IDS = ['@bob:localhost', '!none:localhost', '$none']
const KEYS: readonly unknown[] = [
  { '': null },
  { '\u0000': 1 },
  { '\ud800': 1 },
  { constructor: 1, hasOwnProperty: 2 },
]
const WRONG: readonly unknown[] = [
  null,
  true,
  ...NUMBERS,
  ...TEXTS,
  ...IDS,
  ...KEYS,
  [],
  {},
  [null],
  [[]],
  nested,
  JSON.parse('{"__proto__":{"a":1}}'),
]

async function createFixture(url: string) {
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  const roomId = await alice.createRoom({ preset: 'public_chat' })
  const eventId = await alice.say(roomId, 'hello')
  const { version } = await alice.post('/room_keys/version', {
    algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
    auth_data: { public_key: 'key' },
  })
  const known: KnownValues = {
    byName: {
      user_id: bob.userId,
      room_id: roomId,
      event_id: eventId,
      device_id: alice.deviceId,
      timeout: 0,
      'm.read': eventId,
      'm.read.private': eventId,
      'm.fully_read': eventId,
      thread_id: 'main',
      invite: [bob.userId],
      additional_creators: [bob.userId],
      new_version: '11',
      room_version: '11',
      since: '0',
      pos: null,
      data: foundingPusher('http://127.0.0.1:9/_matrix/push/v1/notify')['data'] as Json,
    },
    keyOf: { device_keys: bob.userId, messages: bob.userId, rooms: roomId, room_subscriptions: roomId },
  }
  const inPath: Record<string, string> = {
    userId: alice.userId,
    roomId,
    roomIdOrAlias: roomId,
    eventId,
    deviceId: alice.deviceId,
    eventType: 'm.room.message',
    type: 'org.example.type',
    receiptType: 'm.read',
    field: 'displayname',
    roomAlias: '#new:localhost',
    version: String(version),
    scope: 'global',
    kind: 'override',
    attribute: 'enabled',
  }
  const bodies = bodiesFor({
    userId: alice.userId,
    deviceId: alice.deviceId,
    otherId: bob.userId,
    roomId,
    eventId,
  })
  return { alice, known, inPath, version: String(version), bodies }
}

type Ids = { userId: string; deviceId: string; otherId: string; roomId: string; eventId: string }

/** Valid bodies of the endpoints that accept more than their schema says, or less. */
function bodiesFor({ userId, deviceId, otherId, roomId, eventId }: Ids): Record<string, JsonObject> {
  const keysOf = (device: string) => ({
    user_id: userId,
    device_id: device,
    algorithms: ['m.olm.v1.curve25519-aes-sha2'],
    keys: { [`curve25519:${device}`]: 'key', [`ed25519:${device}`]: 'key' },
    signatures: { [userId]: { [`ed25519:${device}`]: 'signature' } },
  })
  const oneTimeKeys = { 'signed_curve25519:AAAA': { key: 'key', signatures: {} } }
  const fallbackKeys = { 'signed_curve25519:BBBB': { key: 'key', fallback: true, signatures: {} } }
  const rule = { conditions: [{ kind: 'event_match', key: 'type', pattern: '*' }], actions: ['notify'] }
  const message = { type: 'm.room.message', sender: otherId, content: { msgtype: 'm.text', body: 'text' } }
  const device = {
    app_id: 'org.belfry.inbox',
    pushkey: 'key',
    pushkey_ts: 1,
    data: {},
    tweaks: { sound: 'default' },
  }
  return {
    '/keys/upload': {
      device_keys: keysOf(deviceId),
      one_time_keys: oneTimeKeys,
      fallback_keys: fallbackKeys,
    },
    '/keys/signatures/upload': { [userId]: { [deviceId]: keysOf(deviceId) } },
    '/dehydrated_device': {
      device_id: 'SLEEPER',
      device_data: { algorithm: 'm.dehydration.v2' },
      device_keys: keysOf('SLEEPER'),
      one_time_keys: oneTimeKeys,
      fallback_keys: fallbackKeys,
    },
    '/createRoom': {
      preset: 'public_chat',
      name: 'Office',
      topic: 'Work',
      invite: [otherId],
      is_direct: true,
      room_version: '11',
      initial_state: [
        {
          type: 'm.room.guest_access',
          state_key: '',
          content: { guest_access: 'can_join' },
        },
      ],
      power_level_content_override: {
        users: { [userId]: 100 },
        events: { 'm.room.name': 5 },
        events_default: 0,
      },
      creation_content: { type: 'm.space' },
    },
    '/pushers/set': foundingPusher('http://127.0.0.1:9/_matrix/push/v1/notify') as JsonObject,
    '/{field}': { displayname: 'Alice' },
    '/{ruleId}': rule,
    '/{attribute}': { enabled: true, actions: [] },
    '/publicRooms': { filter: { generic_search_term: 'office', room_types: [null, 'm.space'] }, limit: 5 },
    '/explain': { event: message, room_id: roomId, user_id: userId },
    '/notify': {
      notification: {
        ...message,
        event_id: eventId,
        room_id: roomId,
        counts: { unread: 1 },
        devices: [device],
      },
    },
  }
}

type Endpoint = { method: string; path: string; schema: JsonObject }

async function endpointsOf(url: string): Promise<Endpoint[]> {
  const { body } = await call(`${url}/_belfry/v1/openapi.json`)
  const found: Endpoint[] = []
  for (const [path, operations] of Object.entries(body['paths'] as Record<string, JsonObject>))
    for (const [method, operation] of Object.entries(operations)) {
      const schema = (operation as { requestBody?: { content: Record<string, { schema?: Json }> } })
        .requestBody?.content['application/json']?.schema
      if (isJsonObject(schema) && !APART.test(path))
        found.push({ method: method.toUpperCase(), path, schema })
    }
  return found
}

onEachServerDatabase('no endpoint', (flags) => {
  test('gives a 500 for a body that is valid except for one value', async (t) => {
    const { url } = await startTestServer(t, { flags: await flags(t) })
    const { alice, known, inPath, version, bodies } = await createFixture(url)
    const endpoints = await endpointsOf(url)
    assert.ok(endpoints.length > 50, `${endpoints.length} endpoints`)
    const requests = endpoints.map(({ method, path, schema }) => {
      const ending = Object.keys(bodies).find((one) => path.endsWith(one))
      const valid = bodies[ending ?? ''] ?? validJson(schema, known)
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
      const filled = names.reduce(
        (text, name) => text.replace(`{${name}}`, encodeURIComponent(inPath[name] ?? 'some')),
        path,
      )
      const query = path.includes('/room_keys/keys') ? `?version=${version}` : ''
      return { method, target: `${url}${filled}${query}`, valid, places: placesIn(valid) }
    })
    let accepted = 0
    const request = fc.constantFrom(...requests).chain((one) =>
      fc.record({
        one: fc.constant(one),
        place: fc.constantFrom(...one.places),
        wrong: fc.constantFrom(...WRONG),
      }),
    )
    await fc.assert(
      fc.asyncProperty(request, async ({ one: { method, target, valid }, place, wrong }) => {
        const { status, body } = await call(target, {
          method,
          token: alice.token,
          body: JSON.stringify(replaced(valid, place, wrong)),
        })
        if (status === 200) accepted++
        assert.ok(status < 500, `${status} ${JSON.stringify(body)}`)
        assert.ok(
          status < 400 || typeof body['errcode'] === 'string' || 'flows' in body,
          JSON.stringify(body),
        )
      }),
      { numRuns: runs(400) },
    )
    assert.ok(accepted > 20, `${accepted} requests were accepted`)
  })
})
