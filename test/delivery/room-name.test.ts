import assert from 'node:assert/strict'
import { test } from 'node:test'

import { roomNameFor, type NamedMember, type RoomNameInput } from '../../src/delivery/room-name.ts'
import { createLoadWords } from '../../src/language/load-words.ts'
import type { UserId } from '../../src/lib/ids.ts'

const me = '@me:test' as UserId
const member = (
  name: string,
  displayname?: NamedMember['displayname'],
  membership = 'join',
): NamedMember => ({
  userId: `@${name}:test` as UserId,
  displayname,
  membership,
})
const myself = member('me', 'Me')
const words = await createLoadWords('en')('notification', [])
const room = (changes: Partial<RoomNameInput>) =>
  roomNameFor({ members: [myself], memberCount: 1, recipient: me, ...changes }, words)

const rows: [string, Partial<RoomNameInput>, string | undefined][] = [
  ['uses the name of the room', { name: 'Office', canonicalAlias: '#office:test' }, 'Office'],
  ['uses the alias if the name is empty', { name: '', canonicalAlias: '#office:test' }, '#office:test'],
  [
    'uses the alias if the name is not a string',
    { name: { en: 'Office' }, canonicalAlias: '#office:test' },
    '#office:test',
  ],
  ['ignores an alias with an invalid format', { canonicalAlias: 'office' }, 'Empty Room'],
  ['ignores an alias that is not a string', { canonicalAlias: 7 }, 'Empty Room'],
  [
    'has no name for an invitation if the name of the inviter is known',
    { invite: { inviterKnown: true }, memberCount: 3 },
    undefined,
  ],
  [
    'is "Room Invite" for an invitation if the name of the inviter is not known',
    { invite: { inviterKnown: false } },
    'Room Invite',
  ],
  [
    'uses the name of the room for an invitation',
    { name: 'Office', invite: { inviterKnown: false } },
    'Office',
  ],
  ['is "Empty Room" without other members', {}, 'Empty Room'],
  [
    'is "Empty Room" if all other members have left',
    { members: [myself, member('alice', 'Alice', 'leave')] },
    'Empty Room',
  ],
  [
    'has no name with one other member, because the client shows the sender',
    { members: [myself, member('alice', 'Alice')], memberCount: 2 },
    undefined,
  ],
  [
    'has the names of two other members',
    { members: [myself, member('alice', 'Alice'), member('carol', 'Carol', 'invite')], memberCount: 3 },
    'Alice and Carol',
  ],
  [
    'has the user ids of members without display names',
    { members: [member('alice'), member('carol', '')], memberCount: 3 },
    '@alice:test and @carol:test',
  ],
  [
    'has the user id of a member with a display name that is not a string',
    { members: [member('alice', 5), member('carol', 'Carol')], memberCount: 3 },
    '@alice:test and Carol',
  ],
  [
    'has the first member and the number of the others for more than two other members',
    { members: [member('alice', 'Alice'), member('carol', 'Carol')], memberCount: 42 },
    'Alice and 40 others',
  ],
  [
    'has one member and the number of the others if only one of two is passed',
    { members: [member('alice', 'Alice')], memberCount: 3 },
    'Alice and 1 other',
  ],
  [
    'counts the passed members if they are more than the member count',
    { members: [member('a', 'A'), member('b', 'B'), member('c', 'C')], memberCount: 1 },
    'A and 2 others',
  ],
  ['has no name if no members are passed', { members: [], memberCount: 9 }, undefined],
]

for (const [title, changes, expected] of rows) {
  test(title, () => assert.equal(room(changes), expected))
}
