import { z } from 'zod'
import { requestToken, type ValidationDeps } from '../accounts/email-validation.ts'
import { addThreepid, listThreepids, removeThreepid } from '../accounts/threepids.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import { MatrixError } from '../lib/errors.ts'
import type { Json } from '../lib/json.ts'
import { challenge, unbindResult } from './account-response.ts'
import { once } from '../lib/once.ts'
import { nothing, time } from '../http/response-parts.ts'

const MAX_ADDRESS = 500

/** The syntax of session ids and client secrets (Identity Service API, "Session"). */
const opaque = z.string().regex(/^[0-9a-zA-Z.=_-]{1,255}$/, 'expected 1 to 255 of A-Z a-z 0-9 . = _ -')

const tokenBody = z.object({
  email: z.string().max(MAX_ADDRESS),
  client_secret: opaque,
  send_attempt: z.int().min(0),
  // Ignored: it applies only to validations by GET, and this server validates by POST.
  next_link: z.string().optional(),
})
const addBody = z.object({ sid: opaque, client_secret: opaque, auth: z.custom<Json>().optional() })
const deleteBody = z.object({ medium: z.enum(['email', 'msisdn']), address: z.string().max(MAX_ADDRESS) })

const threepids = once(() =>
  z.strictObject({
    threepids: z.array(
      z.strictObject({
        medium: z.literal('email'),
        address: z.string(),
        validated_at: time(),
        added_at: time(),
      }),
    ),
  }),
)
const validation = once(() =>
  z.strictObject({ sid: z.string().describe('Identifies the validation, together with client_secret') }),
)

/**
 * `/account/3pid…` (client-server API, "Adding Account Administrative Contact Information"): e-mail
 * addresses, which this server validates itself. No identity server is used. The deprecated
 * `POST /account/3pid` does not exist, because it requires no password.
 */
export function thirdPartyIdRoutes(deps: ValidationDeps): Route[] {
  return [...addressRoutes(deps), ...validationRoutes(deps)]
}

function addressRoutes(deps: ValidationDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/account/3pid'),
      auth: 'user',
      limit: 'default',
      summary: 'Your e-mail addresses',
      response: { 200: threepids },
      handler: async ({ requester }) => ({ threepids: await listThreepids(deps.db, requester.userId) }),
    }),
    defineRoute({
      method: 'POST',
      path: client('/account/3pid/add'),
      auth: 'user',
      limit: 'default',
      body: addBody,
      summary: 'Adds a validated e-mail address to your account',
      response: { 200: nothing, 401: challenge },
      errors: { 400: ['M_THREEPID_AUTH_FAILED', 'M_THREEPID_IN_USE'], 403: ['M_FORBIDDEN'] },
      async handler({ requester, body: { sid, client_secret: clientSecret, auth } }) {
        const outcome = await addThreepid(deps, requester, { sid, clientSecret, auth })
        return outcome.kind === 'challenge' ? reply(401, outcome.body) : {}
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/account/3pid/delete'),
      auth: 'user',
      openTo: 'active',
      limit: 'default',
      body: deleteBody,
      summary: 'Removes an e-mail address and its e-mail pusher',
      response: { 200: unbindResult },
      async handler({ requester, body }) {
        await removeThreepid(deps, requester.userId, body)
        // There is no identity server to unbind the address from.
        return { id_server_unbind_result: 'no-support' as const }
      },
    }),
  ]
}

/** Proof that the requester can read the mail of an address. */
function validationRoutes(deps: ValidationDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/account/3pid/email/requestToken'),
      // The specification allows requests without a token, and clients send none.
      auth: 'optional',
      limit: 'email token',
      body: tokenBody,
      summary: 'Sends a mail with a link that validates an e-mail address',
      response: { 200: validation },
      errors: { 400: ['M_THREEPID_MEDIUM_NOT_SUPPORTED', 'M_THREEPID_IN_USE'] },
      handler: ({ body, address, languages, signal }) =>
        requestToken(deps, {
          email: body.email,
          clientSecret: body.client_secret,
          sendAttempt: body.send_attempt,
          from: address,
          languages,
          signal,
        }),
    }),
    defineRoute({
      method: 'POST',
      path: client('/account/3pid/msisdn/requestToken'),
      auth: 'optional',
      limit: 'default',
      summary: 'Phone numbers; always refused',
      response: {},
      errors: { 400: ['M_THREEPID_MEDIUM_NOT_SUPPORTED'] },
      handler: () => {
        throw new MatrixError(
          400,
          'M_THREEPID_MEDIUM_NOT_SUPPORTED',
          'This server does not support phone numbers; add an e-mail address instead',
        )
      },
    }),
  ]
}
