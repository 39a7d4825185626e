import { verify, type KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http2'

// The checks of APNs before it accepts a notification, with Apple's reasons.

export type Refusal = { status: number; reason: string }

export type TokenRule = { teamId: string; keyId: string; publicKey: KeyObject; now: () => number }

const HOUR_S = 3600
const PUSH_TYPES = ['alert', 'background', 'voip', 'complication', 'fileprovider', 'mdm']
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Checks `authorization`. An accepted token is not checked again until it expires. */
export function makeTokenCheck(rule: TokenRule): (authorization: string | undefined) => Refusal | undefined {
  const good = new Map<string, number>()
  return (authorization) => {
    if (authorization === undefined) return { status: 403, reason: 'MissingProviderToken' }
    const issuedAt = good.get(authorization) ?? issuedAtOf(authorization, rule)
    if (issuedAt === undefined) return { status: 403, reason: 'InvalidProviderToken' }
    good.set(authorization, issuedAt)
    const age = rule.now() / 1000 - issuedAt
    return age > HOUR_S || age < -HOUR_S ? { status: 403, reason: 'ExpiredProviderToken' } : undefined
  }
}

function issuedAtOf(authorization: string, { teamId, keyId, publicKey }: TokenRule): number | undefined {
  const [header = '', claims = '', signature = '', ...rest] = authorization.replace(/^bearer /, '').split('.')
  if (!authorization.startsWith('bearer ') || rest.length > 0) return undefined
  const data = Buffer.from(`${header}.${claims}`)
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', data, key, Buffer.from(signature, 'base64url'))) return undefined
  const { alg, kid } = json(header)
  const { iss, iat, ...more } = json(claims)
  if (alg !== 'ES256' || kid !== keyId || iss !== teamId || Object.keys(more).length > 0) return undefined
  return Number.isInteger(iat) ? Number(iat) : undefined
}

const json = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>

/** Checks the other headers and the payload. `topics`: the topics that the token or certificate may use. */
export function refusalOf(
  headers: IncomingHttpHeaders,
  body: string,
  { topics, topicNeeded }: { topics: readonly string[]; topicNeeded: boolean },
): Refusal | undefined {
  const refuse = (reason: string, status = 400) => ({ status, reason })
  const header = (name: string) => headers[name] as string | undefined
  if (headers[':method'] !== 'POST') return refuse('MethodNotAllowed', 405)
  const token = /^\/3\/device\/(.*)$/.exec(headers[':path'] ?? '')?.[1]
  if (token === undefined) return refuse('BadPath', 404)
  if (token === '') return refuse('MissingDeviceToken')
  if (!/^(?:[0-9a-f]{2})+$/.test(token)) return refuse('BadDeviceToken')
  const type = header('apns-push-type')
  if (type !== undefined && !PUSH_TYPES.includes(type)) return refuse('InvalidPushType')
  const topic = header('apns-topic')
  if (topic === undefined && topicNeeded) return refuse('MissingTopic')
  if (topic !== undefined && !topics.includes(topic)) return refuse('TopicDisallowed')
  const isSilent = type === 'background' || showsNothing(body)
  const priorities = isSilent ? ['5', '1'] : ['10', '5', '1']
  if (!priorities.includes(header('apns-priority') ?? '10')) return refuse('BadPriority')
  if (!/^\d+$/.test(header('apns-expiration') ?? '0')) return refuse('BadExpirationDate')
  if (!UUID.test(header('apns-id') ?? '00000000-0000-0000-0000-000000000000')) return refuse('BadMessageId')
  if (Buffer.byteLength(header('apns-collapse-id') ?? '') > 64) return refuse('BadCollapseId')
  if (body === '') return refuse('PayloadEmpty')
  return Buffer.byteLength(body) > (type === 'voip' ? 5120 : 4096)
    ? refuse('PayloadTooLarge', 413)
    : undefined
}

function showsNothing(body: string): boolean {
  const { aps } = JSON.parse(body) as { aps?: Record<string, unknown> }
  return aps?.['content-available'] === 1 && !['alert', 'badge', 'sound'].some((key) => key in aps)
}
