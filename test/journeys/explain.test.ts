import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, foundingPusher, type TestUser } from '../support/client.ts'
import { deviceRule, globalRule, createTwoDevices, type TwoDevices } from './two-devices.ts'

type Rule = {
  scope: string
  instance_handle?: string
  kind: string
  rule_id: string
  verdict: string
  conditions: { condition: { kind: string }; holds: boolean; expected: unknown; actual: unknown }[]
}
type Explained = {
  notify: boolean
  highlight: boolean
  decided_by: Record<string, string> | null
  reason: string | null
  rules: Rule[]
  recorded: { notify: boolean; decided_by: Record<string, string> | null }
  rules_changed_since: boolean
  read: boolean
  pushers: {
    instance_handle: string | null
    device_id: string | null
    poke: boolean
    reason: string | null
    tweaks?: unknown
    prio?: string
    decided_by: Record<string, string> | null
    rules: Rule[]
    queued: boolean
  }[]
}

const explainUrl = (url: string, query: Record<string, string>) =>
  `${url}/_belfry/v1/explain?${new URLSearchParams(query).toString()}`

async function explain(
  { server }: TwoDevices,
  who: TestUser,
  query: { room_id: string; event_id: string },
): Promise<Explained> {
  const { status, body } = await call(explainUrl(server.url, query), { token: who.token })
  assert.equal(status, 200, JSON.stringify(body))
  return body as unknown as Explained
}

async function tryOut({ server, phone }: TwoDevices, body: Record<string, unknown>): Promise<Explained> {
  const response = await call(`${server.url}/_belfry/v1/explain`, { token: phone.token, body })
  assert.equal(response.status, 200, JSON.stringify(response.body))
  return response.body as unknown as Explained
}

describe('explain, for a stored event', () => {
  test('returns the deciding rule, and why each rule before it did not match', async (t) => {
    const fixture = await createTwoDevices(t)
    const { phone, roomId, say } = fixture
    await phone.put(globalRule('override', 'from carol'), {
      conditions: [
        { kind: 'event_match', key: 'room_id', pattern: roomId },
        { kind: 'event_match', key: 'sender', pattern: '@carol:localhost' },
      ],
      actions: [],
    })
    const { eventId } = await say(roomId, 'hello')
    const why = await explain(fixture, phone, { room_id: roomId, event_id: eventId })
    assert.equal(why.notify, true)
    assert.equal(why.reason, null)
    assert.deepEqual(why.decided_by, { scope: 'global', kind: 'underride', rule_id: '.m.rule.message' })
    assert.deepEqual(why.recorded, { notify: true, highlight: false, decided_by: why.decided_by })
    assert.equal(why.rules_changed_since, false)
    assert.equal(why.read, false)
    assert.equal(why.rules[0]?.rule_id, '.m.rule.master')
    assert.equal(why.rules[0]?.verdict, 'disabled')
    const own = why.rules.find((rule) => rule.rule_id === 'from carol')
    assert.deepEqual(
      own?.conditions.map(({ holds, expected, actual }) => [holds, expected, actual]),
      [
        [true, roomId, roomId],
        [false, '@carol:localhost', '@bob:localhost'],
      ],
    )
    const last = why.rules.findIndex((rule) => rule.verdict === 'matched')
    assert.equal(why.rules[last]?.rule_id, '.m.rule.message')
    assert.ok(
      why.rules.slice(0, last).every(({ verdict }) => verdict !== 'matched'),
      'the first matching rule decides',
    )
    assert.deepEqual(
      why.pushers.map((pusher) => [pusher.instance_handle, pusher.poke, pusher.prio, pusher.queued]),
      [
        ['phone', true, 'low', false],
        ['laptop', true, 'low', false],
      ],
    )
    assert.ok(!JSON.stringify(why).includes('alices-phone'), 'the response contains no pushkey')
  })

  test('returns the decision for each pusher', async (t) => {
    const fixture = await createTwoDevices(t)
    const { phone, laptop, roomId, say, gateway } = fixture
    await phone.put(deviceRule('phone', 'room', roomId), { actions: [] })
    await laptop.put(deviceRule('laptop', 'content', 'fire'), {
      pattern: 'fire',
      actions: ['notify', { set_tweak: 'sound', value: 'siren' }],
    })
    const { eventId } = await say(roomId, 'fire')
    await phone.post(
      '/pushers/set',
      foundingPusher(gateway.url, { pushkey: 'late', instance_handle: 'tablet' }),
    )
    const why = await explain(fixture, phone, { room_id: roomId, event_id: eventId })
    assert.deepEqual(why.recorded.decided_by?.['rule_id'], '.m.rule.message')
    const [onPhone, onLaptop, onTablet] = why.pushers
    assert.deepEqual([onPhone?.poke, onPhone?.reason], [false, 'suppressed by a device rule'])
    assert.deepEqual(onPhone?.decided_by, {
      scope: 'device',
      instance_handle: 'phone',
      kind: 'room',
      rule_id: roomId,
    })
    assert.deepEqual(
      onPhone?.rules.map(({ scope, instance_handle, rule_id, verdict }) => [
        scope,
        instance_handle,
        rule_id,
        verdict,
      ]),
      [['device', 'phone', roomId, 'matched']],
    )
    assert.deepEqual(
      [onLaptop?.poke, onLaptop?.tweaks, onLaptop?.prio],
      [true, { sound: 'siren' }, 'high'],
      'the same as in the poke',
    )
    assert.deepEqual([onTablet?.poke, onTablet?.reason], [false, 'set after the event'])
  })

  test('shows a global rule with a device condition for each pusher', async (t) => {
    const fixture = await createTwoDevices(t)
    const { phone, roomId, say } = fixture
    await phone.put(globalRule('override', 'quiet phone'), {
      conditions: [{ kind: 'profile_tag', profile_tag: 'phone' }],
      actions: [],
    })
    const { eventId } = await say(roomId, 'hello')
    const why = await explain(fixture, phone, { room_id: roomId, event_id: eventId })
    assert.equal(why.decided_by?.['rule_id'], '.m.rule.message', 'it counts')
    assert.deepEqual(
      why.pushers.map(({ poke, decided_by: by, rules }) => [poke, by?.['rule_id'], rules[0]?.verdict]),
      [
        [false, 'quiet phone', 'matched'],
        [true, '.m.rule.message', 'no match'],
      ],
    )
    const [condition] = why.pushers[1]?.rules[0]?.conditions ?? []
    assert.deepEqual([condition?.expected, condition?.actual], ['phone', 'laptop'])
  })

  test('returns no poke for events after the pusher was disabled', async (t) => {
    const fixture = await createTwoDevices(t)
    const { laptop, roomId, say, gateway } = fixture
    const reasons = async (eventId: string) =>
      (await explain(fixture, laptop, { room_id: roomId, event_id: eventId })).pushers.map(
        ({ reason }) => reason,
      )
    const before = await say(roomId, 'before')
    const { pushers } = (await laptop.get('/pushers')) as { pushers: Record<string, unknown>[] }
    const own = pushers.find(({ instance_handle: handle }) => handle === 'laptop')
    await laptop.post('/pushers/set', { ...own, data: { url: gateway.url }, enabled: false })
    assert.deepEqual(await reasons(before.eventId), [null, null])
    assert.deepEqual(await reasons(await fixture.bob.say(roomId, 'after')), [null, 'disabled'])
  })

  test('returns the recorded decision after the rules have changed', async (t) => {
    const fixture = await createTwoDevices(t)
    const { phone, roomId, say } = fixture
    const { eventId } = await say(roomId, 'hello')
    await phone.put(globalRule('room', roomId), { actions: [] })
    const why = await explain(fixture, phone, { room_id: roomId, event_id: eventId })
    assert.equal(why.notify, false)
    assert.equal(why.decided_by?.['rule_id'], roomId)
    assert.equal(why.rules_changed_since, true)
    assert.equal(why.recorded.notify, true)
    assert.equal(why.recorded.decided_by?.['rule_id'], '.m.rule.message')
    assert.equal(why.pushers[0]?.poke, true, 'the recorded decision')
  })

  test('evaluates rules with the member count at the time of the event', async (t) => {
    const fixture = await createTwoDevices(t)
    const { server, phone, bob } = fixture
    const room = await bob.createRoom({ preset: 'public_chat' })
    await phone.post(`/join/${encodeURIComponent(room)}`)
    const eventId = await bob.say(room, 'you and me')
    const carol = await call(`${server.url}/_matrix/client/v3/login`, {
      body: {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'carol' },
        password: 'a perfectly fine password',
      },
    })
    await call(`${server.url}/_matrix/client/v3/join/${encodeURIComponent(room)}`, {
      token: String(carol.body['access_token']),
      body: {},
    })
    const why = await explain(fixture, phone, { room_id: room, event_id: eventId })
    assert.equal(why.decided_by?.['rule_id'], '.m.rule.room_one_to_one')
    assert.deepEqual(why.recorded.decided_by, why.decided_by)
  })

  test('returns the reason for own events, redacted events and ignored senders', async (t) => {
    const fixture = await createTwoDevices(t)
    const { phone, bob, roomId, say } = fixture
    const own = await phone.say(roomId, 'mine')
    const ownWhy = await explain(fixture, phone, { room_id: roomId, event_id: own })
    assert.deepEqual([ownWhy.notify, ownWhy.reason, ownWhy.rules], [false, 'own event', []])
    assert.deepEqual(ownWhy.recorded, { notify: false, highlight: false, decided_by: null })
    assert.deepEqual(
      ownWhy.pushers.map((pusher) => pusher.reason),
      ['own event', 'own event'],
    )
    const { eventId } = await say(roomId, 'oops')
    await bob.put(`/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(eventId)}/x`, {})
    assert.equal((await explain(fixture, phone, { room_id: roomId, event_id: eventId })).reason, 'redacted')
    const heard = await say(roomId, 'before, and read')
    await phone.read(roomId, heard.eventId)
    const unread = await say(roomId, 'sent before, unread')
    await phone.put(`/user/${encodeURIComponent(phone.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: { [bob.userId]: {} },
    })
    const ofIgnored = await say(roomId, 'hello?')
    assert.deepEqual([ofIgnored.phone, ofIgnored.laptop], [undefined, undefined])
    const why = await explain(fixture, phone, { room_id: roomId, event_id: ofIgnored.eventId })
    assert.deepEqual([why.notify, why.reason], [false, 'sender is ignored'])
    const earlier = await explain(fixture, phone, { room_id: roomId, event_id: heard.eventId })
    assert.deepEqual([earlier.recorded.notify, earlier.reason], [true, null], 'not ignored at that time')
    const uncounted = await explain(fixture, phone, { room_id: roomId, event_id: unread.eventId })
    assert.deepEqual([uncounted.recorded.notify, uncounted.reason], [false, 'sender is ignored'])
    await phone.put(`/user/${encodeURIComponent(phone.userId)}/account_data/m.ignored_user_list`, {
      ignored_users: {},
    })
    const later = await explain(fixture, phone, { room_id: roomId, event_id: ofIgnored.eventId })
    assert.equal(later.reason, 'sender is ignored', 'the recorded reason')
  })

  test('checks the requester, the room and the event', async (t) => {
    const fixture = await createTwoDevices(t)
    const { server, phone, bob, roomId, say } = fixture
    const { eventId } = await say(roomId, 'hello')
    const hidden = await bob.createRoom({ preset: 'private_chat' })
    const secret = await bob.say(hidden, 'psst')
    const ask = async (query: Record<string, string>, token: string | undefined = phone.token) => {
      const { status, body } = await call(explainUrl(server.url, query), { token })
      return [status, body['errcode']]
    }
    const good = { room_id: roomId, event_id: eventId }
    assert.deepEqual(await ask({ room_id: hidden, event_id: secret }), [404, 'M_NOT_FOUND'])
    assert.deepEqual(await ask({ room_id: roomId, event_id: secret }), [404, 'M_NOT_FOUND'])
    assert.deepEqual(await ask({ ...good, user_id: bob.userId }), [403, 'M_FORBIDDEN'])
    assert.deepEqual(await ask({ ...good, user_id: phone.userId }), [200, undefined])
    assert.deepEqual(await ask({ room_id: roomId }), [400, 'M_MISSING_PARAM'])
    assert.deepEqual(await ask({ ...good, room_id: 'x' }), [400, 'M_INVALID_PARAM'])
    const anonymous = await call(explainUrl(server.url, good))
    assert.equal(anonymous.status, 401)
  })

  test('explains an invitation to the invited user', async (t) => {
    const fixture = await createTwoDevices(t)
    const { server, phone, bob } = fixture
    const room = await bob.createRoom({ preset: 'private_chat' })
    await bob.post(`/rooms/${encodeURIComponent(room)}/invite`, { user_id: phone.userId })
    const { body } = await call(
      `${server.url}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/members?membership=invite`,
      { token: bob.token },
    )
    const [invitation] = body['chunk'] as { event_id: string }[]
    const why = await explain(fixture, phone, { room_id: room, event_id: String(invitation?.event_id) })
    assert.equal(why.decided_by?.['rule_id'], '.m.rule.invite_for_me')
    assert.equal(why.recorded.notify, true)
  })
})

describe('explain, for a draft', () => {
  const message = (body: string) => ({
    type: 'm.room.message',
    sender: '@bob:localhost',
    content: { msgtype: 'm.text', body },
  })

  test('evaluates a draft event with the stored rules', async (t) => {
    const fixture = await createTwoDevices(t)
    await fixture.phone.put(globalRule('content', 'cake'), {
      pattern: 'cake',
      actions: ['notify', { set_tweak: 'highlight' }],
    })
    const why = await tryOut(fixture, { event: message('there is cake'), room_id: fixture.roomId })
    assert.deepEqual([why.notify, why.highlight], [true, true])
    assert.equal(why.decided_by?.['rule_id'], 'cake')
    assert.deepEqual(
      why.pushers.map(({ poke, tweaks }) => [poke, tweaks]),
      [
        [true, { highlight: true }],
        [true, { highlight: true }],
      ],
    )
    const nowhere = await tryOut(fixture, { event: message('hello') })
    assert.equal(nowhere.decided_by?.['rule_id'], '.m.rule.message')
    const direct = await tryOut(fixture, { event: message('hello'), member_count: 2 })
    assert.equal(direct.decided_by?.['rule_id'], '.m.rule.room_one_to_one')
  })

  test('adds draft rules before the stored ones in both scopes, and stores nothing', async (t) => {
    const fixture = await createTwoDevices(t)
    const { phone, roomId } = fixture
    const before = await phone.get('/pushrules/')
    const why = await tryOut(fixture, {
      event: message('hello'),
      room_id: roomId,
      rules: {
        global: { room: [{ rule_id: roomId, actions: [] }] },
        device: {
          phone: { underride: [{ rule_id: 'all', conditions: [], actions: ['notify'] }] },
          watch: { underride: [{ rule_id: 'none', conditions: [], actions: [] }] },
        },
      },
    })
    assert.equal(why.notify, false)
    assert.equal(why.decided_by?.['rule_id'], roomId)
    assert.deepEqual(
      why.pushers.map(({ instance_handle, poke, reason }) => [instance_handle, poke, reason]),
      [
        ['phone', true, null],
        ['laptop', false, 'does not notify'],
        ['watch', false, 'does not notify'],
      ],
      'a handle without a pusher is listed too',
    )
    assert.deepEqual(await phone.get('/pushrules/'), before)
  })

  test('replaces a stored rule with the same id in its place, and can ignore all stored rules', async (t) => {
    const fixture = await createTwoDevices(t)
    const { phone, roomId } = fixture
    await phone.put(globalRule('override', 'low'), { conditions: [], actions: [] })
    await phone.put(globalRule('override', 'high'), { conditions: [], actions: ['notify'] })
    const event = message('hello')
    const rules = { global: { override: [{ rule_id: 'low', conditions: [], actions: ['notify'] }] } }
    assert.equal((await tryOut(fixture, { event, rules })).decided_by?.['rule_id'], 'high')
    const alone = await tryOut(fixture, { event, rules, only_these_rules: true })
    assert.equal(alone.decided_by?.['rule_id'], 'low')
    const changed = await tryOut(fixture, {
      event,
      room_id: roomId,
      only_these_rules: true,
      rules: { global: { underride: [{ rule_id: '.m.rule.message', enabled: false }] } },
    })
    assert.deepEqual([changed.notify, changed.decided_by], [false, null])
  })

  test('refuses rules that a PUT would refuse, and rooms that the user is not in', async (t) => {
    const fixture = await createTwoDevices(t)
    const { server, phone, bob } = fixture
    const hidden = await bob.createRoom({ preset: 'private_chat' })
    const event = message('hello')
    for (const [body, status, errcode] of [
      [{}, 400, 'M_MISSING_PARAM'],
      [{ event: {} }, 400, undefined],
      [{ event, room_id: hidden }, 403, 'M_FORBIDDEN'],
      [{ event, room_id: '!nowhere' }, 403, 'M_FORBIDDEN'],
      [{ event, user_id: bob.userId }, 403, 'M_FORBIDDEN'],
      [{ event, rules: { global: [] } }, 400, 'M_INVALID_PARAM'],
      [{ event, rules: { global: { chaos: [] } } }, 400, 'M_INVALID_PARAM'],
      [{ event, rules: { global: { room: [{ rule_id: '!x' }] } } }, 400, 'M_INVALID_PARAM'],
      [{ event, rules: { global: { content: [{ rule_id: 'x', actions: [] }] } } }, 400, 'M_INVALID_PARAM'],
      [{ event, rules: { global: { override: [{ rule_id: '.x', actions: [] }] } } }, 400, 'M_INVALID_PARAM'],
      [
        { event, rules: { device: { phone: { room: [{ rule_id: '!x', actions: ['explode'] }] } } } },
        400,
        'M_INVALID_PARAM',
      ],
      [{ event, rules: { device: { '': { room: [] } } } }, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const response = await call(`${server.url}/_belfry/v1/explain`, { token: phone.token, body })
      assert.equal(response.status, status, JSON.stringify([body, response.body]))
      if (errcode !== undefined) assert.equal(response.body['errcode'], errcode, JSON.stringify(body))
    }
  })
})
