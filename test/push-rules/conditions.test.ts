import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileCondition } from '../../src/push-rules/conditions.ts'
import { prepareEvent } from '../../src/push-rules/event.ts'
import type { EvaluationContext } from '../../src/push-rules/model.ts'

const holds = (condition: unknown, event: unknown, context: Partial<EvaluationContext> = {}) =>
  compileCondition(condition)(prepareEvent(event), { memberCount: 3, ...context })

type Row = [name: string, condition: object, event: unknown, expected: boolean]

function table(rows: Row[]): void {
  for (const [name, condition, event, expected] of rows) {
    it(name, () => assert.equal(holds(condition, event), expected))
  }
}

describe('event_match', () => {
  const match = (key: unknown, pattern: unknown) => ({ kind: 'event_match', key, pattern })
  const topic = (value: unknown) => ({ type: 'm.room.topic', content: { topic: value } })
  table([
    ['ignores case', match('content.topic', 'lunc?*'), topic('LUNCH'), true],
    ['is anchored at the start', match('content.topic', 'lunc?*'), topic(' lunch'), false],
    ['is anchored at both ends', match('content.topic', 'lunch'), topic('lunch plans'), false],
    ['needs a text: null', match('content.topic', '*'), topic(null), false],
    ['needs a text: number', match('content.topic', '*'), topic(1), false],
    ['needs a text: list', match('content.topic', '*'), topic(['x']), false],
    ['needs a property', match('content.nothing', '*'), topic('x'), false],
    ['star matches the empty text', match('content.topic', '*'), topic(''), true],
    ['empty pattern matches an empty state key', match('state_key', ''), { state_key: '' }, true],
    ['empty pattern matches no other state key', match('state_key', ''), { state_key: 'x' }, false],
    ['empty pattern does not match a missing state key', match('state_key', ''), {}, false],
    ['ignores case in ids', match('room_id', '!ROOM:x'), { room_id: '!room:X' }, true],
    ['ignores case in types', match('type', 'm.room.MESSAGE'), { type: 'M.Room.Message' }, true],
    ['folds final sigma', match('content.topic', 'ΟΔΟΣ'), topic('οδος'), true],
    ['does not normalise', match('content.topic', 'caf\u00e9'), topic('cafe\u0301'), false],
    ['finds words in the body', match('content.body', 'foo'), { content: { body: 'a foo!' } }, true],
    ['finds no part of a word', match('content.body', 'foo'), { content: { body: 'food' } }, false],
    ['content\\.body is not the body', match('content\\.body', 'foo'), { 'content.body': 'a foo' }, false],
    ['content\\.body is a whole value', match('content\\.body', 'foo'), { 'content.body': 'foo' }, true],
    ['needs a text as body', match('content.body', '*'), { content: { body: 1 } }, false],
    ['star matches an empty body', match('content.body', '*'), { content: { body: '' } }, true],
    ['empty pattern matches an empty body', match('content.body', ''), { content: { body: '' } }, true],
    ['empty pattern matches no other body', match('content.body', ''), { content: { body: ' ' } }, false],
    ['needs a pattern', match('type', undefined), { type: 'x' }, false],
    ['needs a pattern that is a text', match('type', 1), { type: '1' }, false],
    ['needs a key', match(undefined, '*'), { type: 'x' }, false],
    [
      'accepts no inner fields of servers',
      { kind: 'event_match', key: 'state_key', pattern_type: 'user_id' },
      { state_key: '@me:x' },
      false,
    ],
  ])
})

describe('event_property_is', () => {
  const is = (value: unknown, key: unknown = 'content.v') => ({ kind: 'event_property_is', key, value })
  const having = (v: unknown) => ({ content: { v } })
  table([
    ['true is true', is(true), having(true), true],
    ['true is not "true"', is(true), having('true'), false],
    ['true is not 1', is(true), having(1), false],
    ['false is not 0', is(false), having(0), false],
    ['a text keeps its case', is('Foo'), having('foo'), false],
    ['a text is no pattern', is('f*'), having('foo'), false],
    ['a number is a number', is(5), having(5), true],
    ['a number is not a text', is(5), having('5'), false],
    ['null is a present null', is(null), having(null), true],
    ['null is not absent', is(null), { content: {} }, false],
    ['the largest integer', is(2 ** 53 - 1), having(2 ** 53 - 1), true],
    ['the smallest integer', is(-(2 ** 53) + 1), having(-(2 ** 53) + 1), true],
    ['numbers out of range never match', is(2 ** 53), having(2 ** 53), false],
    ['floats never match', is(1.5), having(1.5), false],
    ['lists never match', is(['a']), having(['a']), false],
    ['objects never match', is({}), having({}), false],
    ['without a value', { kind: 'event_property_is', key: 'content.v' }, { content: {} }, false],
    ['without a key', { kind: 'event_property_is', value: 'a' }, { undefined: 'a' }, false],
    ['with a key that is no text', is('a', 7), { 7: 'a' }, false],
    ['the body is exact', is('foo', 'content.body'), { content: { body: 'a foo' } }, false],
    ['the body as it is', is('A foo', 'content.body'), { content: { body: 'A foo' } }, true],
    [
      'property names with dots',
      is('m.replace', 'content.m\\.relates_to.rel_type'),
      { content: { 'm.relates_to': { rel_type: 'm.replace' } } },
      true,
    ],
    [
      'unescaped, the path is another one',
      is('m.replace', 'content.m.relates_to.rel_type'),
      { content: { 'm.relates_to': { rel_type: 'm.replace' } } },
      false,
    ],
  ])
})

describe('event_property_contains', () => {
  const contains = (value: unknown) => ({ kind: 'event_property_contains', key: 'content.v', value })
  const having = (v: unknown) => ({ content: { v } })
  table([
    ['finds a text', contains('#b:x'), having(['#a:x', '#b:x']), true],
    ['finds no part of a text', contains(':x'), having(['#a:x']), false],
    ['keeps case', contains('A'), having(['a']), false],
    ['skips other items', contains('a'), having([{}, ['a'], 1.5, 'a']), true],
    ['does not look inside', contains('a'), having([['a'], { a: 'a' }]), false],
    ['does not cast', contains(1), having(['1', true]), false],
    ['finds null', contains(null), having([null]), true],
    ['finds a number', contains(0), having([0]), true],
    ['needs a list: text', contains('a'), having('a'), false],
    ['needs a list: object', contains('a'), having({ 0: 'a' }), false],
    ['needs a list: absent', contains('a'), { content: {} }, false],
    ['floats never match', contains(1.5), having([1.5]), false],
    ['without a value', contains(undefined), having([undefined]), false],
  ])
})

describe('contains_display_name', () => {
  const said = (body: unknown) => ({ content: { body } })
  const rows: [name: string, displayName: string | undefined, body: unknown, expected: boolean][] = [
    ['finds the name', 'Bob', 'hello bob!', true],
    ['finds no part of a word', 'Bob', 'hello bobby', false],
    ['finds a name of several words', 'Bob Smith', 'hello bob smith.', true],
    ['takes wildcards literally', 'B*b', 'hello bob', false],
    ['finds wildcards', 'B*b', 'hello b*b', true],
    ['finds a name without word characters', '🙂', 'hello🙂you', true],
    ['an empty name never matches', '', '', false],
    ['no name never matches', undefined, 'hello', false],
    ['needs a text as body', 'Bob', ['bob'], false],
    ['needs a body', 'Bob', undefined, false],
    ['a very long name', 'n'.repeat(5000), `hi ${'N'.repeat(5000)}`, true],
  ]
  for (const [name, displayName, body, expected] of rows) {
    it(name, () => {
      assert.equal(holds({ kind: 'contains_display_name' }, said(body), { displayName }), expected)
    })
  }
})

describe('room_member_count', () => {
  const rows: [is: unknown, memberCount: number, expected: boolean][] = [
    ['2', 2, true],
    ['2', 3, false],
    ['==2', 2, true],
    ['==2', 1, false],
    ['<2', 1, true],
    ['<2', 2, false],
    ['>2', 3, true],
    ['>2', 2, false],
    ['<=2', 2, true],
    ['<=2', 3, false],
    ['>=2', 2, true],
    ['>=2', 1, false],
    ['002', 2, true],
    ['=2', 2, false],
    ['=<2', 2, false],
    ['=>2', 2, false],
    ['===2', 2, false],
    ['2 ', 2, false],
    [' 2', 2, false],
    ['2\n', 2, false],
    ['-1', -1, false],
    ['+2', 2, false],
    ['2.0', 2, false],
    ['0x2', 2, false],
    ['٢', 2, false],
    ['', 0, false],
    ['==', 0, false],
    [2, 2, false],
    [undefined, 0, false],
    [`<${'9'.repeat(400)}`, 2, true],
  ]
  for (const [is, memberCount, expected] of rows) {
    it(`${JSON.stringify(is)?.slice(0, 20)} ${expected ? 'holds' : 'does not hold'} for ${memberCount}`, () => {
      assert.equal(holds({ kind: 'room_member_count', is }, {}, { memberCount }), expected)
    })
  }
})

describe('sender_notification_permission', () => {
  const condition = { kind: 'sender_notification_permission', key: 'room' }
  const powerLevels = { users: { '@a:x': 50 } }

  it('asks for the level of the sender', () => {
    assert.equal(holds(condition, { sender: '@a:x' }, { powerLevels }), true)
    assert.equal(holds(condition, { sender: '@b:x' }, { powerLevels }), false)
  })
  it('needs a sender and a key', () => {
    assert.equal(holds(condition, {}, { powerLevels: { users_default: 100 } }), false)
    assert.equal(holds({ ...condition, key: 1 }, { sender: '@a:x' }, { powerLevels }), false)
  })
})

describe('conditions that are not known or not conditions', () => {
  const event = { type: 'x', content: { body: 'x' } }
  for (const condition of [
    { kind: 'org.example.future', key: 'type', pattern: '*' },
    { kind: 'device' },
    { kind: 7 },
    { key: 'type', pattern: '*' },
    {},
    [],
    null,
    'event_match',
    1,
  ]) {
    it(`${JSON.stringify(condition)} never matches`, () => assert.equal(holds(condition, event), false))
  }
})
