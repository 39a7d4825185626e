import { z } from 'zod'
import type { AccountDeps } from '../accounts/deps.ts'
import { getProfile, removeProfileField, setProfileField } from '../accounts/profile.ts'
import { client, type ClientPath, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, userIdSchema } from '../http/schema.ts'
import { missingParam, notFound } from '../lib/errors.ts'
import { checkOwn } from './own-user.ts'
import { named, uncheckedJson } from '../http/response.ts'
import { nothing } from '../http/response-parts.ts'
import { once } from '../lib/once.ts'

/** Clients of MSC4133 that do not know version 1.16 ask for fields of profiles here. */
const UNSTABLE = '/_matrix/client/unstable/uk.tcpip.msc4133'
const PROFILE = [client('/profile/:userId'), `${UNSTABLE}/profile/:userId`] as const
const FIELD = [client('/profile/:userId/:field'), `${UNSTABLE}/profile/:userId/:field`] as const

const userParams = z.object({ userId: userIdSchema })
const fieldParams = z.object({ userId: userIdSchema, field: z.string() })

const profileSchema = named('Profile', () =>
  z.looseObject({
    displayname: z.string().optional(),
    avatar_url: z.string().optional(),
    'm.tz': z.string().describe('A time zone of the IANA database').optional(),
  }),
)
const profileField = once(() => jsonObject)
/** The errors of a change, without those of its body. */
const REFUSED = ['M_KEY_TOO_LARGE', 'M_PROFILE_TOO_LARGE', 'M_BAD_JSON'] as const

/** `/profile` (client-server API, "Profiles"). The specification requires no token for reading. */
export function profileRoutes(deps: AccountDeps): Route[] {
  return [
    ...PROFILE.map((path) => wholeProfile(deps, path)),
    ...FIELD.flatMap((path) => [readField(deps, path), ...writingRoutes(deps, path)]),
  ]
}

type Path = ClientPath | string

function wholeProfile(deps: AccountDeps, path: Path): Route {
  return defineRoute({
    method: 'GET',
    path,
    auth: 'none',
    limit: 'default',
    params: userParams,
    summary: 'The profile of a user',
    response: { 200: uncheckedJson(profileSchema) },
    errors: { 404: ['M_NOT_FOUND'] },
    handler: ({ params }) => getProfile(deps.db, params.userId),
  })
}

function readField(deps: AccountDeps, path: Path): Route {
  return defineRoute({
    method: 'GET',
    path,
    auth: 'none',
    limit: 'default',
    params: fieldParams,
    summary: 'One field of the profile of a user',
    response: { 200: profileField },
    errors: { 404: ['M_NOT_FOUND'] },
    async handler({ params: { userId, field } }) {
      const profile = await getProfile(deps.db, userId)
      const value = Object.hasOwn(profile, field) ? profile[field] : undefined
      if (value === undefined) throw notFound('This user has not set this profile field')
      return { [field]: value }
    },
  })
}

function writingRoutes(deps: AccountDeps, path: Path): Route[] {
  return [
    defineRoute({
      method: 'PUT',
      path,
      auth: 'user',
      openTo: 'active',
      limit: 'default',
      params: fieldParams,
      body: jsonObject,
      summary: 'Sets a field of your profile',
      response: { 200: nothing },
      errors: { 400: REFUSED, 403: ['M_FORBIDDEN'] },
      async handler({ requester, params: { userId, field }, body }) {
        checkOwn(requester, userId)
        const value = Object.hasOwn(body, field) ? body[field] : undefined
        if (value === undefined) throw missingParam([field])
        await setProfileField(deps, userId, { field, value })
        return {}
      },
    }),
    defineRoute({
      method: 'DELETE',
      path,
      auth: 'user',
      openTo: 'active',
      limit: 'default',
      params: fieldParams,
      summary: 'Removes a field of your profile',
      response: { 200: nothing },
      errors: { 400: ['M_KEY_TOO_LARGE'], 403: ['M_FORBIDDEN'] },
      async handler({ requester, params: { userId, field } }) {
        checkOwn(requester, userId)
        await removeProfileField(deps, userId, field)
        return {}
      },
    }),
  ]
}
