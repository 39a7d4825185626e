import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { maySenderNotify } from '../../src/push-rules/power-levels.ts'
import type { EvaluationContext } from '../../src/push-rules/model.ts'

const alice = '@alice:x'
const may = (context: Partial<EvaluationContext>, key = 'room') =>
  maySenderNotify({ memberCount: 3, roomVersion: '11', ...context }, alice, key)

type Row = [name: string, context: Partial<EvaluationContext>, expected: boolean]

describe('maySenderNotify', () => {
  const rows: Row[] = [
    ['the default level of 50 is reached', { powerLevels: { users: { [alice]: 50 } } }, true],
    ['the default level of 50 is not reached', { powerLevels: { users: { [alice]: 49 } } }, false],
    [
      'the level for the notification kind is used',
      { powerLevels: { notifications: { room: 20 }, users: { [alice]: 20 } } },
      true,
    ],
    [
      'the level for another notification kind is ignored',
      { powerLevels: { notifications: { x: 0 }, users: { [alice]: 20 } } },
      false,
    ],
    ['users_default', { powerLevels: { users_default: 50 } }, true],
    ['users before users_default', { powerLevels: { users_default: 50, users: { [alice]: 0 } } }, false],
    ['users have level 0 by default', { powerLevels: {} }, false],
    ['a needed level of 0', { powerLevels: { notifications: { room: 0 } } }, true],
    ['no power levels: other users have 0', { creators: ['@bob:x'] }, false],
    ['no power levels: the creator has 100', { creators: [alice] }, true],
    ['with power levels, creators have no special level', { creators: [alice], powerLevels: {} }, false],
    ['version 12: creators always may', { creators: [alice], powerLevels: {}, roomVersion: '12' }, true],
    [
      'version 12: a creator reaches any level',
      { creators: [alice], powerLevels: { notifications: { room: 1000 } }, roomVersion: '12' },
      true,
    ],
    [
      'version 12: other users are not creators',
      { creators: ['@bob:x'], powerLevels: {}, roomVersion: '12' },
      false,
    ],
    ['version 13 keeps that', { creators: [alice], powerLevels: {}, roomVersion: '13' }, true],
    [
      'a version that is not a number has no privileged creators',
      { creators: [alice], powerLevels: {}, roomVersion: 'org.x.12' },
      false,
    ],
    ['old version: texts count', { powerLevels: { users: { [alice]: ' 50 ' } }, roomVersion: '9' }, true],
    [
      'old version: other strings are ignored',
      { powerLevels: { users: { [alice]: '50x' } }, roomVersion: '9' },
      false,
    ],
    [
      'old version: floats are truncated',
      { powerLevels: { users: { [alice]: 49.9 } }, roomVersion: '1' },
      false,
    ],
    [
      'old version: the needed level is a string',
      { powerLevels: { notifications: { room: '0' } }, roomVersion: '9' },
      true,
    ],
    [
      'new version: strings are ignored',
      { powerLevels: { users: { [alice]: '50' } }, roomVersion: '10' },
      false,
    ],
    [
      'new version: a needed level that is a string counts as 50',
      { powerLevels: { notifications: { room: '0' } }, roomVersion: '10' },
      false,
    ],
    ['new version: floats are ignored', { powerLevels: { users: { [alice]: 50.5 } } }, false],
    [
      'an invalid level of a user is replaced by users_default',
      { powerLevels: { users: { [alice]: null }, users_default: 50 } },
      true,
    ],
    [
      'lists and objects are ignored',
      { powerLevels: { notifications: { room: [0] }, users: { [alice]: {} } } },
      false,
    ],
    ['users is not an object', { powerLevels: { users: [50], notifications: 'x' } }, false],
    ['power levels are not an object', { powerLevels: 'x', creators: [alice] }, true],
  ]
  for (const [name, context, expected] of rows) {
    it(name, () => assert.equal(may(context), expected))
  }

  it('ignores inherited properties', () => {
    assert.equal(may({ powerLevels: { notifications: {}, users: { [alice]: 50 } } }, 'constructor'), true)
    assert.equal(may({ powerLevels: { notifications: {}, users: { [alice]: 49 } } }, 'constructor'), false)
  })
})
