import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  expandsState,
  type RequiredState,
  stateFilterOf,
  stateFilterText,
  type StatePattern,
  wantedMembers,
  wantsAllMembers,
  wantsState,
} from '../../../../src/rooms/sync/sliding/required-state.ts'

const pattern = (type?: string, stateKey?: string): StatePattern => ({ type, stateKey })
const state = (include: StatePattern[], more: Partial<RequiredState> = {}): RequiredState => ({
  include,
  exclude: [],
  lazyMembers: false,
  ...more,
})
const NAME = { type: 'm.room.name', stateKey: '' }
const MEMBER = { type: 'm.room.member', stateKey: '@bob:localhost' }

test('an event is wanted by its type and state key, each of which can be any', () => {
  assert.ok(wantsState([state([pattern('m.room.name', '')])], NAME))
  assert.ok(!wantsState([state([pattern('m.room.topic', '')])], NAME))
  assert.ok(wantsState([state([pattern('m.room.member')])], MEMBER))
  assert.ok(wantsState([state([pattern(undefined, '@bob:localhost')])], MEMBER))
  assert.ok(!wantsState([state([pattern(undefined, '@bob:localhost')])], NAME))
  assert.ok(wantsState([state([pattern()])], MEMBER))
})

test('exclude removes events of the same rule only', () => {
  const without = state([pattern()], { exclude: [pattern('m.room.name')] })
  assert.ok(!wantsState([without], NAME))
  assert.ok(wantsState([without], MEMBER))
  assert.ok(wantsState([without, state([pattern('m.room.name', '')])], NAME))
})

test('with lazy members, a pattern for any type matches no member', () => {
  const lazy = state([pattern()], { lazyMembers: true })
  assert.ok(!wantsState([lazy], MEMBER))
  assert.ok(wantsState([lazy], NAME))
  assert.ok(!wantsAllMembers([lazy]))
  assert.ok(wantsAllMembers([state([pattern()])]))
  const named = state([pattern('m.room.member', '@bob:localhost')], { lazyMembers: true })
  assert.ok(wantsState([named], MEMBER))
  assert.deepEqual(wantedMembers([named, lazy]), ['@bob:localhost'])
})

test('a filter expands another one when it can want more', () => {
  const name = [state([pattern('m.room.name', '')])]
  const both = [state([pattern('m.room.name', ''), pattern('m.room.topic', '')])]
  assert.ok(expandsState(name, both))
  assert.ok(!expandsState(both, name))
  assert.ok(!expandsState(both, [...name, ...both]))
  const excluding = [state([pattern()], { exclude: [pattern('m.room.name')] })]
  assert.ok(expandsState(excluding, [state([pattern()])]))
  assert.ok(!expandsState([state([pattern()])], excluding))
  assert.ok(expandsState([state([pattern()], { lazyMembers: true })], [state([pattern()])]))
})

test('a filter and its text are converted into each other', () => {
  const filter = [
    state([pattern('m.room.name', ''), pattern('x'), pattern(undefined, 'y')], { exclude: [pattern()] }),
    state([], { lazyMembers: true }),
  ]
  assert.deepEqual(stateFilterOf(stateFilterText(filter)), filter)
})
