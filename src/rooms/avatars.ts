import { avatarsOfUsers } from '../accounts/users-store.ts'
import type { Queries } from '../storage/query.ts'
import { avatarsOfMembers, avatarsOfRooms } from './avatars-store.ts'

/** Those of the URIs that are avatars of users and rooms. Scans whole tables: for commands only. */
export async function avatarsAmong(q: Queries, uris: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (const query of [avatarsOfMembers, avatarsOfUsers, avatarsOfRooms])
    for (const { avatar_url: uri } of await q.all(query, { uris })) found.add(uri)
  return found
}
