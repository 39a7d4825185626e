import { z } from 'zod'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import { named } from '../http/response.ts'
import { nothing, userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import type { Json } from '../lib/json.ts'
import type { CrossSigningDeps } from '../keys/deps.ts'
import { uploadCrossSigningKeys } from '../keys/upload-cross-signing.ts'
import { uploadSignatures } from '../keys/upload-signatures.ts'
import { challenge } from './account-response.ts'

const failures = named('SignatureFailures', () =>
  z.strictObject({
    failures: z.record(
      userId(),
      z.record(
        z.string(),
        z.strictObject({
          errcode: z.enum(['M_INVALID_SIGNATURE', 'M_NOT_FOUND', 'M_INVALID_PARAM']),
          error: z.string(),
        }),
      ),
    ),
  }),
)

const signedKeys = z
  .record(z.string().startsWith('@'), z.record(z.string(), z.custom<Json>()))
  .describe('Signed keys by user and by device id or public key')

/** `/keys/device_signing/upload` and `/keys/signatures/upload` (client-server API, "Cross-signing"). */
export function crossSigningRoutes(deps: CrossSigningDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/keys/device_signing/upload'),
      auth: 'user',
      limit: 'default',
      body: z.object({
        master_key: jsonObject.optional(),
        self_signing_key: jsonObject.optional(),
        user_signing_key: jsonObject.optional(),
        auth: z.custom<Json>().optional(),
      }),
      summary: 'Stores your cross-signing keys; replacing them needs your password',
      response: { 200: nothing, 401: challenge },
      errors: { 400: ['M_INVALID_SIGNATURE'], 403: ['M_FORBIDDEN'] },
      async handler({ requester, body }) {
        const outcome = await uploadCrossSigningKeys(deps, requester, {
          keys: {
            ...(body.master_key && { master: body.master_key }),
            ...(body.self_signing_key && { self_signing: body.self_signing_key }),
            ...(body.user_signing_key && { user_signing: body.user_signing_key }),
          },
          auth: body.auth,
        })
        return outcome.kind === 'challenge' ? reply(401, outcome.body) : {}
      },
    }),
    defineRoute({
      method: 'POST',
      path: client('/keys/signatures/upload'),
      auth: 'user',
      limit: 'default',
      body: signedKeys,
      summary: 'Adds signatures to your devices and master key, and to the master keys of others',
      response: { 200: failures },
      handler: async ({ requester, body }) => ({
        failures: await uploadSignatures(deps, requester.userId, body),
      }),
    }),
  ]
}
