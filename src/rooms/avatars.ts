import { userAvatars } from '../accounts/users-store.ts'
import { parseStored } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { memberAvatars, roomAvatars } from './avatars-store.ts'

/** The URIs of all avatars of users and rooms. Reads whole tables: for commands only. */
export async function avatarsInUse(q: Queries): Promise<Set<string>> {
  const ofMembers = await q.all(memberAvatars, {})
  const ofUsers = await q.all(userAvatars, {})
  const ofRooms = await q.all(roomAvatars, {})
  const urls = ofRooms.map(({ content }) => parseStored(content)['url'])
  return new Set([
    ...[...ofUsers, ...ofMembers].map(({ avatar_url: url }) => url),
    ...urls.filter((url): url is string => typeof url === 'string'),
  ])
}
