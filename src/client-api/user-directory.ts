import { z } from 'zod'
import { named } from '../http/response.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { type DirectoryDeps, searchUsers } from '../rooms/user-directory.ts'
import type { Database } from '../storage/database.ts'

const DEFAULT_LIMIT = 10
/** A larger `limit` counts as this value. */
const MAX_LIMIT = 50
const MAX_TERM_LENGTH = 1000

const foundSchema = named('FoundUsers', () =>
  z.strictObject({
    results: z.array(
      z.strictObject({
        user_id: z.string(),
        display_name: z.string().optional(),
        avatar_url: z.string().optional(),
      }),
    ),
    limited: z
      .boolean()
      .describe('Whether there are more users than `limit`, or more words than a search examines'),
  }),
)

/** `POST /user_directory/search` (client-server API, "User Directory"). */
export function userDirectoryRoutes(deps: DirectoryDeps & { db: Database }): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/user_directory/search'),
      auth: 'user',
      limit: 'default',
      body: z.object({
        search_term: z.string().max(MAX_TERM_LENGTH),
        limit: z.int().min(1).default(DEFAULT_LIMIT),
      }),
      summary: 'Users by the beginning of words in their name or user id',
      response: { 200: foundSchema },
      async handler({ requester, body }) {
        const { users, isLimited } = await searchUsers(deps.db, deps, {
          asker: requester.userId,
          term: body.search_term,
          limit: Math.min(body.limit, MAX_LIMIT),
        })
        return {
          results: users.map(({ userId, displayName, avatarUrl }) => ({
            user_id: userId,
            ...(displayName === null ? {} : { display_name: displayName }),
            ...(avatarUrl === null ? {} : { avatar_url: avatarUrl }),
          })),
          limited: isLimited,
        }
      },
    }),
  ]
}
