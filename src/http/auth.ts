import type { IncomingHttpHeaders } from 'node:http'
import { missingToken, unknownToken } from '../lib/errors.ts'
import type { AuthMode, Requester } from './route.ts'

/** `address`: where the request comes from. */
export type Authenticate = (token: string, address: string) => Promise<Requester | undefined>

/** The access token: from the header, or where the setting allows it from the query (deprecated since Matrix v1.11). */
export function accessToken(
  headers: IncomingHttpHeaders,
  query: Readonly<Record<string, unknown>>,
  allowQuery: boolean,
): string | undefined {
  const { authorization } = headers
  if (authorization !== undefined && /^bearer +\S/i.test(authorization))
    return authorization.slice('bearer '.length).trim()
  if (!allowQuery) return undefined
  const token = query['access_token']
  return typeof token === 'string' && token !== '' ? token : undefined
}

export async function requesterOf(
  token: string | undefined,
  mode: AuthMode,
  authenticate: (token: string) => Promise<Requester | undefined>,
): Promise<Requester | undefined> {
  if (token === undefined) {
    if (mode === 'user') throw missingToken()
    return undefined
  }
  const requester = await authenticate(token)
  if (requester === undefined) throw unknownToken()
  return requester
}
