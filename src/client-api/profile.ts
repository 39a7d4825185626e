import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { getProfile, PROFILE_FIELDS, type ProfileField, setProfileField } from '../accounts/profile.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, userIdSchema } from '../http/schema.ts'
import { badJson, forbidden, missingParam, notFound } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json.ts'
import { checkOwn } from './own-user.ts'
import { named } from '../http/response.ts'
import { nothing } from '../http/response-parts.ts'

const userParams = z.object({ userId: userIdSchema })
const fieldParams = z.object({ userId: userIdSchema, field: z.string() })

const profileSchema = named('Profile', () =>
  z.strictObject({
    displayname: z.string().optional(),
    avatar_url: z.string().optional(),
  } satisfies Record<ProfileField, unknown>),
)

/** `/profile` (client-server API, "Profiles"). The specification requires no token for reading. */
export function profileRoutes(deps: AccountDeps): Route[] {
  return [...readingRoutes(deps), ...writingRoutes(deps)]
}

function readingRoutes(deps: AccountDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/profile/:userId'),
      auth: 'none',
      limit: 'default',
      params: userParams,
      summary: 'The profile of a user',
      response: { 200: profileSchema },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: ({ params }) => getProfile(deps.db, params.userId),
    }),
    defineRoute({
      method: 'GET',
      path: client('/profile/:userId/:field'),
      auth: 'none',
      limit: 'default',
      params: fieldParams,
      summary: 'One field of the profile of a user',
      response: { 200: profileSchema },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ params: { userId, field } }) {
        const profile = await getProfile(deps.db, userId)
        const value = isProfileField(field) ? profile[field] : undefined
        if (value === undefined) throw notFound(`This user has no ${field}`)
        return { [field]: value }
      },
    }),
  ]
}

function writingRoutes(deps: AccountDeps): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path: client('/profile/:userId/:field'),
      auth: 'user',
      limit: 'default',
      params: fieldParams,
      body: jsonObject,
      summary: 'Sets a field of your profile',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params, body }) {
        checkOwn(requester, params.userId)
        const field = writableField(params.field)
        await setProfileField(deps, params.userId, { field, value: valueOf(body, field) })
        return {}
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: client('/profile/:userId/:field'),
      auth: 'user',
      limit: 'default',
      params: fieldParams,
      summary: 'Removes a field of your profile',
      response: { 200: nothing },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, params }) {
        checkOwn(requester, params.userId)
        await setProfileField(deps, params.userId, { field: writableField(params.field), value: null })
        return {}
      },
    }),
  ]
}

function isProfileField(name: string): name is ProfileField {
  return (PROFILE_FIELDS as readonly string[]).includes(name)
}

function writableField(name: string): ProfileField {
  if (!isProfileField(name))
    throw forbidden(`This server supports only the profile fields ${PROFILE_FIELDS.join(' and ')}`)
  return name
}

function valueOf(body: JsonObject, field: ProfileField): string | null {
  const value = body[field]
  if (value === undefined) throw missingParam([field])
  if (typeof value !== 'string' && value !== null) throw badJson(`${field} must be a string`)
  return value
}
