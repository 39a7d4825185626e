import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { AuthState, Candidate } from '../../src/rooms/auth-state.ts'
import { authorise } from '../../src/rooms/authorise.ts'
import { ROOM_VERSIONS, storedVersion } from '../../src/rooms/room-versions.ts'
import type { Membership } from '../../src/storage/rooms-schema.ts'
import { alice, bob, carol } from './fixture.ts'

const VERSIONS = [...ROOM_VERSIONS.keys()]

/** A room that alice created. Users without an entry have level 0. */
function room(version: string, more: Partial<AuthState> = {}): AuthState {
  const v12 = version === '12'
  return {
    version: storedVersion(version),
    creator: alice,
    creators: [alice],
    created: true,
    onlyCreated: false,
    powerLevels: { users: v12 ? {} : { [alice]: 100 }, invite: 0 },
    joinRules: { join_rule: 'invite' },
    senderMembership: 'join',
    targetMembership: undefined,
    authoriserJoined: false,
    ...more,
  }
}

const withLevels = (version: string, users: Record<string, number>, more: JsonObject = {}) => ({
  powerLevels: { users: { ...(version === '12' ? {} : { [alice]: 100 }), ...users }, ...more },
})

function member(
  sender: UserId,
  target: UserId | undefined,
  membership: unknown,
  more: JsonObject = {},
): Candidate {
  return {
    type: 'm.room.member',
    sender,
    stateKey: target,
    content: { membership, ...more } as JsonObject,
  }
}

const allowed = (event: Candidate, state: AuthState) => authorise(event, state).allowed

const each = (run: (version: string) => void) => {
  for (const version of VERSIONS) run(version)
}

describe('joining', () => {
  const rules = ['public', 'invite', 'knock', 'restricted', 'knock_restricted', 'private', 'made.up']
  const memberships: (Membership | undefined)[] = [undefined, 'invite', 'join', 'leave', 'ban', 'knock']
  for (const rule of rules)
    for (const membership of memberships) {
      const isIn = membership === 'join' || membership === 'invite'
      const known = rule !== 'private' && rule !== 'made.up'
      const expected = membership !== 'ban' && (rule === 'public' || (known && isIn))
      test(`${rule}, with membership ${membership}: ${expected ? 'allowed' : 'refused'}`, () =>
        each((version) => {
          const overrides = { joinRules: { join_rule: rule }, senderMembership: membership }
          const state = room(version, { ...overrides, targetMembership: membership })
          assert.equal(allowed(member(bob, bob, 'join'), state), expected)
        }))
    }

  test('a join event for another user is refused', () =>
    each((version) => {
      const state = room(version, { joinRules: { join_rule: 'public' } })
      assert.equal(allowed(member(alice, bob, 'join'), state), false)
    }))

  test('without join rules a join without an invitation is refused', () =>
    each((version) => {
      const state = room(version, { joinRules: undefined, senderMembership: undefined })
      assert.equal(allowed(member(bob, bob, 'join'), state), false)
    }))

  test('directly after the creation only the creator can join', () =>
    each((version) => {
      const fresh = { onlyCreated: true, powerLevels: undefined, joinRules: undefined }
      const state = room(version, { ...fresh, senderMembership: undefined })
      assert.equal(allowed(member(alice, alice, 'join'), state), true)
      assert.equal(allowed(member(bob, bob, 'join'), state), false)
    }))

  test('a join to a restricted room is allowed when it names a joined member who may invite', () =>
    each((version) => {
      const state = room(version, {
        ...withLevels(version, { [bob]: 50 }, { invite: 50 }),
        joinRules: { join_rule: 'restricted' },
        senderMembership: undefined,
        authoriserJoined: true,
      })
      const as = (authoriser: UserId) =>
        member(carol, carol, 'join', { join_authorised_via_users_server: authoriser })
      assert.equal(allowed(as(bob), state), true)
      assert.equal(allowed(as(alice), state), true)
      assert.equal(allowed(as('@dave:here' as UserId), state), false, 'the level is too low')
      assert.equal(allowed(as(bob), { ...state, authoriserJoined: false }), false)
      assert.equal(allowed(as(bob), { ...state, joinRules: { join_rule: 'invite' } }), false)
    }))
})

describe('inviting', () => {
  const cases: [string, Partial<AuthState>, boolean][] = [
    ['a user without a membership', {}, true],
    ['a user who left', { targetMembership: 'leave' }, true],
    ['a user who knocked', { targetMembership: 'knock' }, true],
    ['a user who is invited', { targetMembership: 'invite' }, true],
    ['a member', { targetMembership: 'join' }, false],
    ['a banned user', { targetMembership: 'ban' }, false],
    ['by a sender without a membership', { senderMembership: undefined }, false],
    ['by a sender who is invited', { senderMembership: 'invite' }, false],
    ['by a sender below the invite level', { powerLevels: { users: {}, invite: 1 } }, false],
    ['by a sender with the invite level', { powerLevels: { users: { [bob]: 1 }, invite: 1 } }, true],
    ['in a room without an invite level', { powerLevels: {} }, true],
  ]
  for (const [name, more, expected] of cases)
    test(`${name}: ${expected ? 'allowed' : 'refused'}`, () =>
      each((version) => assert.equal(allowed(member(bob, carol, 'invite'), room(version, more)), expected)))

  test('with a third-party invitation: refused', () =>
    each((version) => {
      const event = member(alice, carol, 'invite', { third_party_invite: {} })
      assert.equal(allowed(event, room(version)), false)
    }))
})

describe('leaving', () => {
  const outcomes: [Membership | undefined, boolean][] = [
    ['join', true],
    ['invite', true],
    ['knock', true],
    ['leave', false],
    ['ban', false],
    [undefined, false],
  ]
  for (const [membership, expected] of outcomes)
    test(`with membership ${membership}: ${expected ? 'allowed' : 'refused'}`, () =>
      each((version) => {
        const state = room(version, { senderMembership: membership, targetMembership: membership })
        assert.equal(allowed(member(bob, bob, 'leave'), state), expected)
      }))
})

describe('kicking and banning', () => {
  type Case = [string, { bob: number; carol: number; target?: Membership }, { kick: boolean; ban: boolean }]
  const cases: Case[] = [
    ['a moderator may kick and ban a member', { bob: 50, carol: 0 }, { kick: true, ban: true }],
    [
      'a moderator may not kick or ban a user of the same level',
      { bob: 50, carol: 50 },
      { kick: false, ban: false },
    ],
    [
      'a moderator may not kick or ban a user of a higher level',
      { bob: 50, carol: 60 },
      { kick: false, ban: false },
    ],
    ['a member without a level may not kick or ban', { bob: 0, carol: 0 }, { kick: false, ban: false }],
    [
      'a member one level below the required level may not kick or ban',
      { bob: 49, carol: 0 },
      { kick: false, ban: false },
    ],
    [
      'a moderator may kick and ban an invited user',
      { bob: 50, carol: 0, target: 'invite' },
      { kick: true, ban: true },
    ],
    [
      'a moderator may unban and ban a banned user',
      { bob: 50, carol: 0, target: 'ban' },
      { kick: true, ban: true },
    ],
  ]
  for (const [name, { bob: bobs, carol: carols, target = 'join' }, expected] of cases)
    test(name, () =>
      each((version) => {
        const state = room(version, {
          ...withLevels(version, { [bob]: bobs, [carol]: carols }),
          targetMembership: target,
        })
        assert.equal(allowed(member(bob, carol, 'leave'), state), expected.kick)
        assert.equal(allowed(member(bob, carol, 'ban'), state), expected.ban)
      }),
    )

  test('kicking requires the kick level, banning the ban level', () =>
    each((version) => {
      const levels = withLevels(version, { [bob]: 30 }, { kick: 30, ban: 40 })
      const state = room(version, { ...levels, targetMembership: 'join' })
      assert.equal(allowed(member(bob, carol, 'leave'), state), true)
      assert.equal(allowed(member(bob, carol, 'ban'), state), false)
    }))

  test('unbanning requires the kick level and the ban level', () =>
    each((version) => {
      const banned = (levels: JsonObject) =>
        room(version, { ...withLevels(version, { [bob]: 40 }, levels), targetMembership: 'ban' })
      assert.equal(allowed(member(bob, carol, 'leave'), banned({ kick: 40, ban: 40 })), true)
      assert.equal(allowed(member(bob, carol, 'leave'), banned({ kick: 40, ban: 41 })), false)
      assert.equal(allowed(member(bob, carol, 'leave'), banned({ kick: 41, ban: 40 })), false)
    }))

  test('a sender who is not joined is refused at any level', () =>
    each((version) => {
      const state = room(version, { senderMembership: 'leave', targetMembership: 'join' })
      assert.equal(allowed(member(alice, bob, 'leave'), state), false)
      assert.equal(allowed(member(alice, bob, 'ban'), state), false)
    }))

  test('in room version 12 creators can ban every user except each other', () => {
    const levels = { powerLevels: { users: { [bob]: Number.MAX_SAFE_INTEGER } } }
    const state = room('12', { ...levels, creators: [alice, carol], targetMembership: 'join' })
    assert.equal(allowed(member(alice, bob, 'ban'), state), true)
    assert.equal(allowed(member(carol, bob, 'ban'), state), true)
    assert.equal(allowed(member(bob, alice, 'ban'), state), false)
    assert.equal(allowed(member(carol, alice, 'ban'), state), false, 'a creator cannot ban another creator')
    const before = room('11', { ...levels, creators: [alice, carol], targetMembership: 'join' })
    assert.equal(allowed(member(alice, bob, 'ban'), before), false)
  })
})

describe('knocking', () => {
  for (const rule of ['knock', 'knock_restricted', 'invite', 'public', 'restricted'])
    for (const membership of [undefined, 'leave', 'knock', 'invite', 'join', 'ban'] as const) {
      const open = rule === 'knock' || rule === 'knock_restricted'
      const expected = open && membership !== 'invite' && membership !== 'join' && membership !== 'ban'
      test(`${rule}, with membership ${membership}: ${expected ? 'allowed' : 'refused'}`, () =>
        each((version) => {
          const overrides = { senderMembership: membership, targetMembership: membership }
          const state = room(version, { joinRules: { join_rule: rule }, ...overrides })
          assert.equal(allowed(member(bob, bob, 'knock'), state), expected)
        }))
    }

  test('a knock event for another user is refused', () =>
    each((version) => {
      const state = room(version, { joinRules: { join_rule: 'knock' }, senderMembership: undefined })
      assert.equal(allowed(member(bob, carol, 'knock'), state), false)
    }))
})

test('a member event without a state key, or with an unknown membership, is refused', () =>
  each((version) => {
    assert.equal(allowed(member(alice, undefined, 'join'), room(version)), false)
    for (const membership of ['made.up', undefined, null, 1, ['join']])
      assert.equal(allowed(member(alice, bob, membership), room(version)), false)
  }))

describe('other events', () => {
  const message = (sender: UserId): Candidate => ({
    type: 'm.room.message',
    sender,
    stateKey: undefined,
    content: {},
  })
  const topic = (sender: UserId, stateKey = ''): Candidate => ({
    type: 'm.room.topic',
    sender,
    stateKey,
    content: {},
  })

  for (const membership of [undefined, 'invite', 'leave', 'ban', 'knock'] as const)
    test(`a message of a sender with membership ${membership}: refused`, () =>
      each((version) =>
        assert.equal(allowed(message(alice), room(version, { senderMembership: membership })), false),
      ))

  test('messages require level 0 and state level 50, unless the power levels set others', () =>
    each((version) => {
      const at = (level: number, more: JsonObject = {}) =>
        room(version, withLevels(version, { [bob]: level }, more))
      assert.equal(allowed(message(bob), at(0)), true)
      assert.equal(allowed(message(bob), at(-1)), false)
      assert.equal(allowed(message(bob), at(9, { events_default: 10 })), false)
      assert.equal(allowed(topic(bob), at(49)), false)
      assert.equal(allowed(topic(bob), at(50)), true)
      assert.equal(allowed(topic(bob), at(10, { state_default: 10 })), true)
      assert.equal(allowed(topic(bob), at(50, { events: { 'm.room.topic': 51 } })), false)
      assert.equal(allowed(topic(bob), at(0, { events: { 'm.room.topic': 0 } })), true)
      assert.equal(allowed(message(bob), at(0, { events: { 'm.room.message': 1 } })), false)
      assert.equal(allowed(message(carol), at(0, { users_default: -1 })), false)
    }))

  test('names of inherited properties have no level', () =>
    each((version) => {
      const event = { ...message(bob), type: 'constructor' }
      assert.equal(allowed(event, room(version, withLevels(version, {}, { events: {} }))), true)
      assert.equal(allowed({ ...message('__proto__' as UserId) }, room(version)), true)
    }))

  test('without power levels the creator has level 100 and other users level 0', () =>
    each((version) => {
      const state = room(version, { powerLevels: undefined })
      assert.equal(allowed(topic(alice), state), true)
      assert.equal(allowed(topic(bob), state), false)
      assert.equal(allowed(message(bob), state), true)
    }))

  test('a state event whose state key is a user id is allowed for that user only', () =>
    each((version) => {
      const state = room(version, withLevels(version, { [bob]: 50 }))
      assert.equal(allowed(topic(bob, bob), state), true)
      assert.equal(allowed(topic(bob, carol), state), false)
      assert.equal(allowed(topic(alice, carol), state), false)
      assert.equal(allowed(topic(bob, 'carol'), state), true)
    }))

  test('third-party invitation events are refused', () =>
    each((version) => {
      const event = { ...topic(alice, 'token'), type: 'm.room.third_party_invite' }
      assert.equal(allowed(event, room(version)), false)
    }))
})

describe('creation', () => {
  const create = (content: JsonObject = {}, sender = alice): Candidate => ({
    type: 'm.room.create',
    stateKey: '',
    sender,
    content,
  })
  const notCreated = { created: false, powerLevels: undefined, joinRules: undefined }

  test('is allowed once, for the creator, with an empty state key', () =>
    each((version) => {
      const empty = room(version, { ...notCreated, senderMembership: undefined })
      assert.equal(allowed(create(), empty), true)
      assert.equal(allowed(create(), room(version)), false)
      assert.equal(allowed(create({}, bob), empty), false)
      assert.equal(allowed({ ...create(), stateKey: 'x' }, empty), false)
      assert.equal(allowed(member(alice, alice, 'join'), { ...empty, onlyCreated: true }), false)
    }))

  test('is refused in version 12 when additional_creators is not a list of user ids', () => {
    const empty = room('12', { ...notCreated, senderMembership: undefined })
    assert.equal(allowed(create({ additional_creators: [bob] }), empty), true)
    for (const wrong of ['@bob:here', [1], ['bob'], {}, null])
      assert.equal(allowed(create({ additional_creators: wrong as never }), empty), false)
    const old = room('11', { ...notCreated, senderMembership: undefined })
    assert.equal(allowed(create({ additional_creators: 'ignored' }), old), true)
  })
})

describe('power levels', () => {
  const change = (sender: UserId, content: JsonObject): Candidate => ({
    type: 'm.room.power_levels',
    stateKey: '',
    sender,
    content,
  })
  /** Bob has level 50 and may send power levels. */
  const before = { users: { [bob]: 50, [carol]: 20 }, events: { 'm.room.power_levels': 50 }, ban: 50 }
  const state = (version: string, more: JsonObject = {}) =>
    room(version, { powerLevels: { ...before, ...more } })
  const bobs = (content: JsonObject) => change(bob, { ...before, ...content })

  const cases: [string, JsonObject, boolean][] = [
    ['no change', {}, true],
    ['a level up to the level of the sender', { kick: 50 }, true],
    ['a level above the level of the sender', { kick: 51 }, false],
    ['a lower level for an action', { ban: 0 }, true],
    ['a lower user raised to the level of the sender', { users: { [bob]: 50, [carol]: 50 } }, true],
    ['a lower user raised above the level of the sender', { users: { [bob]: 50, [carol]: 51 } }, false],
    ['a lower user removed', { users: { [bob]: 50 } }, true],
    ['a user added', { users: { ...before.users, '@dave:here': 50 } }, true],
    ['the sender lowered', { users: { [bob]: 10, [carol]: 20 } }, true],
    ['the sender removed', { users: { [carol]: 20 } }, true],
    ['the sender raised', { users: { [bob]: 51, [carol]: 20 } }, false],
    ['a lower level for an event type', { events: { 'm.room.power_levels': 0 } }, true],
    ['an event type above the level of the sender', { events: { ...before.events, a: 51 } }, false],
    ['an event type removed', { events: {} }, true],
    ['notifications up to the level of the sender', { notifications: { room: 50 } }, true],
    ['notifications above the level of the sender', { notifications: { room: 51 } }, false],
  ]
  for (const [name, content, expected] of cases)
    test(`${name}: ${expected ? 'allowed' : 'refused'}`, () =>
      each((version) => assert.equal(allowed(bobs(content), state(version)), expected)))

  test('a level above the level of the sender cannot be changed or removed', () =>
    each((version) => {
      const high = state(version, {
        users: { ...before.users, [carol]: 60 },
        events: { ...before.events, a: 60 },
        notifications: { room: 60 },
        kick: 60,
      })
      const same: JsonObject = {
        ...before,
        users: { ...before.users, [carol]: 60 },
        events: { ...before.events, a: 60 },
        notifications: { room: 60 },
        kick: 60,
      }
      assert.equal(allowed(change(bob, { ...same, ban: 40 }), high), true)
      assert.equal(allowed(change(bob, { ...same, kick: 10 }), high), false)
      assert.equal(allowed(change(bob, { ...same, events: before.events }), high), false)
      assert.equal(allowed(change(bob, { ...same, notifications: {} }), high), false)
      assert.equal(allowed(change(bob, { ...same, users: { [bob]: 50, [carol]: 0 } }), high), false)
    }))

  test('a user of the same level cannot be lowered or removed', () =>
    each((version) => {
      const equals = state(version, { users: { [bob]: 50, [carol]: 50 } })
      assert.equal(allowed(bobs({ users: { [bob]: 50, [carol]: 20 } }), equals), false)
      assert.equal(allowed(bobs({ users: { [bob]: 50 } }), equals), false)
    }))

  const malformed: [string, JsonObject][] = [
    ['a string as a level', { kick: '50' }],
    ['a fraction as a level', { users_default: 0.5 }],
    ['null as a level', { ban: null }],
    ['a list as users', { users: [] }],
    ['a string as the level of a user', { users: { [bob]: '50' } }],
    ['a key that is not a user id', { users: { bob: 0 } }],
    ['a string as the level of an event type', { events: { a: '1' } }],
    ['a number as notifications', { notifications: 1 }],
  ]
  for (const [name, content] of malformed)
    test(`${name}: refused, also as the first power levels`, () =>
      each((version) => {
        assert.equal(allowed(change(alice, { ...content }), state(version)), false)
        const first = room(version, { powerLevels: undefined })
        assert.equal(allowed(change(alice, { ...content }), first), false)
      }))

  test('in room version 12 power levels that list a creator are refused', () => {
    const levels = (user: UserId) => change(alice, { users: { [user]: 100 } })
    const of = (version: string) => room(version, { powerLevels: undefined, creators: [alice, carol] })
    assert.equal(allowed(levels(alice), of('12')), false)
    assert.equal(allowed(levels(carol), of('12')), false)
    assert.equal(allowed(levels(bob), of('12')), true)
    assert.equal(allowed(levels(alice), of('11')), true)
  })

  test('an allowed random change gives no user a level above the level of its sender', () => {
    const level = fc.integer({ min: -5, max: 100 })
    const levels = fc.record(
      {
        users: fc.dictionary(fc.constantFrom<string>(bob, carol, '@dave:here'), level),
        events: fc.dictionary(fc.constantFrom('m.room.power_levels', 'm.room.name'), level),
        users_default: level,
        state_default: level,
        kick: level,
      },
      { requiredKeys: ['users'] },
    )
    fc.assert(
      fc.property(levels, levels, fc.constantFrom(...VERSIONS), (was, is, version) => {
        const powerLevels = was as JsonObject
        const event = change(bob, is as JsonObject)
        if (!allowed(event, room(version, { powerLevels }))) return
        const mine = was.users[bob] ?? was.users_default ?? 0
        for (const [user, after] of Object.entries(is.users))
          if (after !== was.users[user]) assert.ok(after <= mine, `${user} got ${after}, bob has ${mine}`)
        for (const [user, held] of Object.entries(was.users))
          if (user !== bob && held >= mine) assert.equal(is.users[user], held)
      }),
    )
  })
})
