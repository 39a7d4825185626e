import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { AuthState, Candidate } from '../../src/rooms/auth-state.ts'
import { authorise } from '../../src/rooms/authorise.ts'
import { ROOM_VERSIONS, storedVersion } from '../../src/rooms/room-versions.ts'
import type { Membership } from '../../src/storage/schema.ts'
import { alice, bob, carol } from './fixture.ts'

const VERSIONS = [...ROOM_VERSIONS.keys()]

/** Alice made the room; moderators have 50, everybody else 0. */
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
          const standing = { joinRules: { join_rule: rule }, senderMembership: membership }
          const state = room(version, { ...standing, targetMembership: membership })
          assert.equal(allowed(member(bob, bob, 'join'), state), expected)
        }))
    }

  test('nobody joins for somebody else', () =>
    each((version) => {
      const state = room(version, { joinRules: { join_rule: 'public' } })
      assert.equal(allowed(member(alice, bob, 'join'), state), false)
    }))

  test('without join rules an invitation is needed', () =>
    each((version) => {
      const state = room(version, { joinRules: undefined, senderMembership: undefined })
      assert.equal(allowed(member(bob, bob, 'join'), state), false)
    }))

  test('the creator joins right after the creation; nobody else does', () =>
    each((version) => {
      const fresh = { onlyCreated: true, powerLevels: undefined, joinRules: undefined }
      const state = room(version, { ...fresh, senderMembership: undefined })
      assert.equal(allowed(member(alice, alice, 'join'), state), true)
      assert.equal(allowed(member(bob, bob, 'join'), state), false)
    }))

  test('a restricted room opens in the name of a member who may invite', () =>
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
      assert.equal(allowed(as('@dave:here' as UserId), state), false, 'a level too low')
      assert.equal(allowed(as(bob), { ...state, authoriserJoined: false }), false)
      assert.equal(allowed(as(bob), { ...state, joinRules: { join_rule: 'invite' } }), false)
    }))
})

describe('inviting', () => {
  const cases: [string, Partial<AuthState>, boolean][] = [
    ['somebody new', {}, true],
    ['somebody who left', { targetMembership: 'leave' }, true],
    ['somebody who knocked', { targetMembership: 'knock' }, true],
    ['somebody who is invited', { targetMembership: 'invite' }, true],
    ['a member', { targetMembership: 'join' }, false],
    ['somebody banned', { targetMembership: 'ban' }, false],
    ['from outside', { senderMembership: undefined }, false],
    ['when merely invited', { senderMembership: 'invite' }, false],
    ['without the level', { powerLevels: { users: {}, invite: 1 } }, false],
    ['with the level', { powerLevels: { users: { [bob]: 1 }, invite: 1 } }, true],
    ['with no level given', { powerLevels: {} }, true],
  ]
  for (const [name, more, expected] of cases)
    test(`${name}: ${expected ? 'allowed' : 'refused'}`, () =>
      each((version) => assert.equal(allowed(member(bob, carol, 'invite'), room(version, more)), expected)))

  test('by e-mail address: refused', () =>
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
    test(`oneself, with membership ${membership}: ${expected ? 'allowed' : 'refused'}`, () =>
      each((version) => {
        const state = room(version, { senderMembership: membership, targetMembership: membership })
        assert.equal(allowed(member(bob, bob, 'leave'), state), expected)
      }))
})

describe('kicking and banning', () => {
  type Case = [string, { bob: number; carol: number; target?: Membership }, { kick: boolean; ban: boolean }]
  const cases: Case[] = [
    ['a moderator, a member', { bob: 50, carol: 0 }, { kick: true, ban: true }],
    ['a moderator, another', { bob: 50, carol: 50 }, { kick: false, ban: false }],
    ['a moderator, somebody above', { bob: 50, carol: 60 }, { kick: false, ban: false }],
    ['a member, another', { bob: 0, carol: 0 }, { kick: false, ban: false }],
    ['a level just too low', { bob: 49, carol: 0 }, { kick: false, ban: false }],
    ['a moderator, somebody invited', { bob: 50, carol: 0, target: 'invite' }, { kick: true, ban: true }],
    ['a moderator, somebody banned', { bob: 50, carol: 0, target: 'ban' }, { kick: true, ban: true }],
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

  test('the level for each is its own', () =>
    each((version) => {
      const levels = withLevels(version, { [bob]: 30 }, { kick: 30, ban: 40 })
      const state = room(version, { ...levels, targetMembership: 'join' })
      assert.equal(allowed(member(bob, carol, 'leave'), state), true)
      assert.equal(allowed(member(bob, carol, 'ban'), state), false)
    }))

  test('lifting a ban takes both levels', () =>
    each((version) => {
      const banned = (levels: JsonObject) =>
        room(version, { ...withLevels(version, { [bob]: 40 }, levels), targetMembership: 'ban' })
      assert.equal(allowed(member(bob, carol, 'leave'), banned({ kick: 40, ban: 40 })), true)
      assert.equal(allowed(member(bob, carol, 'leave'), banned({ kick: 40, ban: 41 })), false)
      assert.equal(allowed(member(bob, carol, 'leave'), banned({ kick: 41, ban: 40 })), false)
    }))

  test('from outside: refused, whatever the level', () =>
    each((version) => {
      const state = room(version, { senderMembership: 'leave', targetMembership: 'join' })
      assert.equal(allowed(member(alice, bob, 'leave'), state), false)
      assert.equal(allowed(member(alice, bob, 'ban'), state), false)
    }))

  test('the creators of a room of version 12 stand above everybody', () => {
    const levels = { powerLevels: { users: { [bob]: Number.MAX_SAFE_INTEGER } } }
    const state = room('12', { ...levels, creators: [alice, carol], targetMembership: 'join' })
    assert.equal(allowed(member(alice, bob, 'ban'), state), true)
    assert.equal(allowed(member(carol, bob, 'ban'), state), true)
    assert.equal(allowed(member(bob, alice, 'ban'), state), false)
    assert.equal(allowed(member(carol, alice, 'ban'), state), false, 'and not above each other')
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
          const standing = { senderMembership: membership, targetMembership: membership }
          const state = room(version, { joinRules: { join_rule: rule }, ...standing })
          assert.equal(allowed(member(bob, bob, 'knock'), state), expected)
        }))
    }

  test('nobody knocks for somebody else', () =>
    each((version) => {
      const state = room(version, { joinRules: { join_rule: 'knock' }, senderMembership: undefined })
      assert.equal(allowed(member(bob, carol, 'knock'), state), false)
    }))
})

test('a member event without a state key, or with another membership, is refused', () =>
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
    test(`with membership ${membership}: refused`, () =>
      each((version) =>
        assert.equal(allowed(message(alice), room(version, { senderMembership: membership })), false),
      ))

  test('messages take 0 and state takes 50 unless the room says otherwise', () =>
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

  test('names of prototypes are no levels', () =>
    each((version) => {
      const event = { ...message(bob), type: 'constructor' }
      assert.equal(allowed(event, room(version, withLevels(version, {}, { events: {} }))), true)
      assert.equal(allowed({ ...message('__proto__' as UserId) }, room(version)), true)
    }))

  test('without power levels the creator has 100 and everybody else 0', () =>
    each((version) => {
      const state = room(version, { powerLevels: undefined })
      assert.equal(allowed(topic(alice), state), true)
      assert.equal(allowed(topic(bob), state), false)
      assert.equal(allowed(message(bob), state), true)
    }))

  test('a state key that is a user id belongs to that user', () =>
    each((version) => {
      const state = room(version, withLevels(version, { [bob]: 50 }))
      assert.equal(allowed(topic(bob, bob), state), true)
      assert.equal(allowed(topic(bob, carol), state), false)
      assert.equal(allowed(topic(alice, carol), state), false)
      assert.equal(allowed(topic(bob, 'carol'), state), true)
    }))

  test('third-party invitations are refused', () =>
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
  const nothing = { created: false, powerLevels: undefined, joinRules: undefined }

  test('once, by the creator, with an empty state key', () =>
    each((version) => {
      const empty = room(version, { ...nothing, senderMembership: undefined })
      assert.equal(allowed(create(), empty), true)
      assert.equal(allowed(create(), room(version)), false)
      assert.equal(allowed(create({}, bob), empty), false)
      assert.equal(allowed({ ...create(), stateKey: 'x' }, empty), false)
      assert.equal(allowed(member(alice, alice, 'join'), { ...empty, onlyCreated: true }), false)
    }))

  test('additional creators are user ids (version 12)', () => {
    const empty = room('12', { ...nothing, senderMembership: undefined })
    assert.equal(allowed(create({ additional_creators: [bob] }), empty), true)
    for (const wrong of ['@bob:here', [1], ['bob'], {}, null])
      assert.equal(allowed(create({ additional_creators: wrong as never }), empty), false)
    const old = room('11', { ...nothing, senderMembership: undefined })
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
  /** Bob has 50 and may send power levels. */
  const before = { users: { [bob]: 50, [carol]: 20 }, events: { 'm.room.power_levels': 50 }, ban: 50 }
  const state = (version: string, more: JsonObject = {}) =>
    room(version, { powerLevels: { ...before, ...more } })
  const bobs = (content: JsonObject) => change(bob, { ...before, ...content })

  const cases: [string, JsonObject, boolean][] = [
    ['nothing changes', {}, true],
    ['a level up to one’s own', { kick: 50 }, true],
    ['a level above one’s own', { kick: 51 }, false],
    ['an action made easier', { ban: 0 }, true],
    ['somebody below raised to one’s own level', { users: { [bob]: 50, [carol]: 50 } }, true],
    ['somebody below raised above it', { users: { [bob]: 50, [carol]: 51 } }, false],
    ['somebody below removed', { users: { [bob]: 50 } }, true],
    ['somebody new', { users: { ...before.users, '@dave:here': 50 } }, true],
    ['oneself lowered', { users: { [bob]: 10, [carol]: 20 } }, true],
    ['oneself removed', { users: { [carol]: 20 } }, true],
    ['oneself raised', { users: { [bob]: 51, [carol]: 20 } }, false],
    ['an event type made easier', { events: { 'm.room.power_levels': 0 } }, true],
    ['an event type above one’s own level', { events: { ...before.events, a: 51 } }, false],
    ['an event type removed', { events: {} }, true],
    ['notifications up to one’s own level', { notifications: { room: 50 } }, true],
    ['notifications above it', { notifications: { room: 51 } }, false],
  ]
  for (const [name, content, expected] of cases)
    test(`${name}: ${expected ? 'allowed' : 'refused'}`, () =>
      each((version) => assert.equal(allowed(bobs(content), state(version)), expected)))

  test('what is above one’s own level stays', () =>
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

  test('an equal is not lowered', () =>
    each((version) => {
      const equals = state(version, { users: { [bob]: 50, [carol]: 50 } })
      assert.equal(allowed(bobs({ users: { [bob]: 50, [carol]: 20 } }), equals), false)
      assert.equal(allowed(bobs({ users: { [bob]: 50 } }), equals), false)
    }))

  const malformed: [string, JsonObject][] = [
    ['text for a number', { kick: '50' }],
    ['a fraction', { users_default: 0.5 }],
    ['null', { ban: null }],
    ['a list of users', { users: [] }],
    ['text for a user’s level', { users: { [bob]: '50' } }],
    ['a key that is no user id', { users: { bob: 0 } }],
    ['text for an event type', { events: { a: '1' } }],
    ['notifications that are a number', { notifications: 1 }],
  ]
  for (const [name, content] of malformed)
    test(`${name}: refused, also as the first power levels`, () =>
      each((version) => {
        assert.equal(allowed(change(alice, { ...content }), state(version)), false)
        const first = room(version, { powerLevels: undefined })
        assert.equal(allowed(change(alice, { ...content }), first), false)
      }))

  test('the creators of a room of version 12 are not among the users', () => {
    const levels = (user: UserId) => change(alice, { users: { [user]: 100 } })
    const of = (version: string) => room(version, { powerLevels: undefined, creators: [alice, carol] })
    assert.equal(allowed(levels(alice), of('12')), false)
    assert.equal(allowed(levels(carol), of('12')), false)
    assert.equal(allowed(levels(bob), of('12')), true)
    assert.equal(allowed(levels(alice), of('11')), true)
  })

  test('whatever is asked for, an allowed change leaves nobody with more than its sender has', () => {
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
