import { z } from 'zod'
import {
  administerTokens,
  newRegistrationToken,
  type RegistrationToken,
  type TokenDeps,
} from '../../accounts/registration-tokens.ts'
import { named } from '../../http/response.ts'
import { nothing, time } from '../../http/response-parts.ts'
import type { Route } from '../../http/route.ts'
import { queryBoolean } from '../../http/schema.ts'
import { once } from '../../lib/once.ts'
import { defineAdminRoute } from '../admin-route.ts'

const PATH = '/_synapse/admin/v1/registration_tokens'

const tokenSchema = named('AdminRegistrationToken', () =>
  z.strictObject({
    token: z.string(),
    uses_allowed: z.int().nullable(),
    pending: z.literal(0),
    completed: z.int(),
    expiry_time: time().nullable(),
  }),
)
const tokens = once(() => z.strictObject({ registration_tokens: z.array(tokenSchema()) }))

const limits = {
  uses_allowed: z.int().nullable().optional(),
  expiry_time: z.int().nullable().optional(),
}

/** Registration tokens in Synapse's admin API. */
export function tokenRoutes(deps: TokenDeps): Route[] {
  return [...collectionRoutes(deps), ...tokenByIdRoutes(deps)]
}

const view = (row: RegistrationToken) => ({
  token: row.token,
  uses_allowed: row.uses_allowed,
  pending: 0 as const,
  completed: row.completed,
  expiry_time: row.expires_at,
})

function collectionRoutes(deps: TokenDeps): Route[] {
  const administration = administerTokens(deps)
  return [
    defineAdminRoute({
      method: 'GET',
      path: PATH,
      query: z.object({ valid: queryBoolean.optional() }),
      summary: 'The registration tokens',
      response: { 200: tokens },
      async handler({ query: { valid } }) {
        const all = await administration.list()
        return { registration_tokens: all.filter((one) => (valid ?? one.valid) === one.valid).map(view) }
      },
    }),
    defineAdminRoute({
      method: 'POST',
      path: `${PATH}/new`,
      body: z.object({ ...limits, token: z.string().optional(), length: z.int().min(1).max(64).default(16) }),
      summary: 'Creates a registration token',
      response: { 200: tokenSchema },
      async handler({ body }) {
        const { token = newRegistrationToken(deps.random, body.length) } = body
        const { uses_allowed: usesAllowed = null, expiry_time: expiresAt = null } = body
        return view(await administration.create({ token, usesAllowed, expiresAt }))
      },
    }),
  ]
}

function tokenByIdRoutes(deps: TokenDeps): Route[] {
  const administration = administerTokens(deps)
  const path = `${PATH}/:token` as const
  return [
    defineAdminRoute({
      method: 'GET',
      path,
      summary: 'A registration token',
      response: { 200: tokenSchema },
      handler: async ({ params: { token } }) => view(await administration.get(token)),
    }),
    defineAdminRoute({
      method: 'PUT',
      path,
      body: z.object(limits),
      summary: 'Changes the limits of a registration token',
      response: { 200: tokenSchema },
      async handler({ params: { token }, body }) {
        const { uses_allowed: usesAllowed, expiry_time: expiresAt } = body
        return view(await administration.change(token, { usesAllowed, expiresAt }))
      },
    }),
    defineAdminRoute({
      method: 'DELETE',
      path,
      summary: 'Deletes a registration token',
      response: { 200: nothing },
      async handler({ params: { token } }) {
        await administration.remove(token)
        return {}
      },
    }),
  ]
}
