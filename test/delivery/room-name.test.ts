import assert from 'node:assert/strict'
import { test } from 'node:test'

import { roomNameFor, type NamedMember, type RoomNameInput } from '../../src/delivery/room-name.ts'
import type { UserId } from '../../src/lib/ids.ts'

const me = '@me:bell' as UserId
const member = (
  name: string,
  displayname?: NamedMember['displayname'],
  membership = 'join',
): NamedMember => ({
  userId: `@${name}:bell` as UserId,
  displayname,
  membership,
})
const myself = member('me', 'Me')
const room = (changes: Partial<RoomNameInput>) =>
  roomNameFor({ members: [myself], memberCount: 1, recipient: me, ...changes })

const rows: [string, Partial<RoomNameInput>, string | undefined][] = [
  ['the name of the room', { name: 'Kitchen', canonicalAlias: '#k:bell' }, 'Kitchen'],
  ['an empty name does not count', { name: '', canonicalAlias: '#k:bell' }, '#k:bell'],
  [
    'a name of the wrong type does not count',
    { name: { en: 'Kitchen' }, canonicalAlias: '#k:bell' },
    '#k:bell',
  ],
  ['an alias that is none does not count', { canonicalAlias: 'kitchen' }, 'Empty Room'],
  ['an alias of the wrong type does not count', { canonicalAlias: 7 }, 'Empty Room'],
  ['invited by somebody known', { invite: { inviterKnown: true }, memberCount: 3 }, undefined],
  ['invited by a stranger', { invite: { inviterKnown: false } }, 'Room Invite'],
  ['invited to a room with a name', { name: 'Kitchen', invite: { inviterKnown: false } }, 'Kitchen'],
  ['nobody else', {}, 'Empty Room'],
  ['nobody else, all others have left', { members: [myself, member('ann', 'Ann', 'leave')] }, 'Empty Room'],
  [
    'one other: the client shows the sender',
    { members: [myself, member('ann', 'Ann')], memberCount: 2 },
    undefined,
  ],
  [
    'two others',
    { members: [myself, member('ann', 'Ann'), member('cy', 'Cy', 'invite')], memberCount: 3 },
    'Ann and Cy',
  ],
  [
    'without display names',
    { members: [member('ann'), member('cy', '')], memberCount: 3 },
    '@ann:bell and @cy:bell',
  ],
  [
    'a display name of the wrong type',
    { members: [member('ann', 5), member('cy', 'Cy')], memberCount: 3 },
    '@ann:bell and Cy',
  ],
  [
    'many others: the oldest is named',
    { members: [member('ann', 'Ann'), member('cy', 'Cy')], memberCount: 42 },
    'Ann and 40 others',
  ],
  ['two others of whom one is known', { members: [member('ann', 'Ann')], memberCount: 3 }, 'Ann and 1 other'],
  [
    'more members handed in than counted',
    { members: [member('a', 'A'), member('b', 'B'), member('c', 'C')], memberCount: 1 },
    'A and 2 others',
  ],
  ['nobody handed in', { members: [], memberCount: 9 }, undefined],
]

for (const [title, changes, expected] of rows) {
  test(title, () => assert.equal(room(changes), expected))
}
