import { isIP } from 'node:net'

import type { AddressRule } from '../lib/outbound/guarded-agent.ts'
import { BLOCKED, BLOCKED_ADVICE, type IpPolicy } from '../lib/outbound/ip-policy.ts'
import type { Lookup } from '../lib/outbound/lookup.ts'

/** The path of every push gateway (Push Gateway API, `POST /_matrix/push/v1/notify`). */
export const NOTIFY_PATH = '/_matrix/push/v1/notify'

const LOOKUP_TIMEOUT_MS = 5000

export type GatewayUrlCheck = { kind: 'ok'; href: string } | { kind: 'refused'; reason: string }

export type GatewayUrlDeps = {
  policy: IpPolicy
  lookup: Lookup
  /** Whether this is the server's own gateway. It is called in process, so scheme and address do not matter. */
  isOwnGateway?: (url: URL) => boolean
  lookupTimeoutMs?: number
}

/**
 * Checks whether a pusher may have this URL. The check runs when the pusher is set. The address is checked
 * again on every connection, with the same `addressRule`. `href` is the parsed URL: store and use it, never
 * the text of the client.
 *
 * - https with the path `/_matrix/push/v1/notify`: every public address, and the addresses in
 *   `push.allow_ip_ranges`.
 * - Plain http, or another path: only if **all** addresses of the host are in `push.allow_ip_ranges` (a
 *   private relay or a test receiver of the operator).
 * - Never user info or a fragment. A query is kept.
 *
 * A name that does not resolve at this moment is accepted in the first case, because it may resolve later,
 * and refused in the second. The reason never contains an address: a refusal must not disclose to a user how
 * an internal name resolves.
 */
export async function checkGatewayUrl(text: string, deps: GatewayUrlDeps): Promise<GatewayUrlCheck> {
  const url = readUrl(text)
  if (typeof url === 'string') return refused(url)
  if (deps.isOwnGateway?.(url) === true) return { kind: 'ok', href: url.href }
  return checkAddresses(url, deps, isOrdinary(url))
}

/**
 * Checks whether a pusher of kind `webpush` may have this push resource (RFC 8030). The rules are those of
 * `checkGatewayUrl` with any path, because the push service chooses it. `gateway/endpoint.ts` checks again on
 * every connection.
 */
export async function checkPushResource(text: string, deps: GatewayUrlDeps): Promise<GatewayUrlCheck> {
  const url = readUrl(text)
  if (typeof url === 'string') return refused(url)
  return checkAddresses(url, deps, url.protocol === 'https:')
}

/** The parsed URL, or the reason for a refusal. */
function readUrl(text: string): URL | string {
  const url = URL.parse(text)
  if (url === null) return 'data.url is not a valid URL'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'data.url must be an https URL'
  if (url.username !== '' || url.password !== '') return 'data.url must not contain a user name or a password'
  return url.href.includes('#') ? 'data.url must not contain a fragment' : url
}

/**
 * @param isAsked the URL has the required form; with any other form all addresses must be in
 *   `push.allow_ip_ranges`.
 */
async function checkAddresses(url: URL, deps: GatewayUrlDeps, isAsked: boolean): Promise<GatewayUrlCheck> {
  const addresses = await addressesOf(url, deps)
  if (addresses.some((address) => !deps.policy.allows(address))) {
    return refused(`The host of data.url is ${BLOCKED}. The operator of this server can ${BLOCKED_ADVICE}`)
  }
  const isListed =
    addresses.length > 0 && addresses.every((address) => deps.policy.allowedByOperator(address))
  if (isListed || isAsked) return { kind: 'ok', href: url.href }
  return refused(
    url.protocol === 'http:'
      ? 'data.url must use https; plain http is only for hosts in push.allow_ip_ranges'
      : `The path of data.url must be exactly ${NOTIFY_PATH}`,
  )
}

/** The addresses that may be dialled for this URL. */
export function addressRule(url: URL, policy: IpPolicy): AddressRule {
  const isOwn = (address: string) => policy.allowedByOperator(address)
  // Over https a gateway proves its name with a certificate, so a proxy may resolve the name.
  return isOrdinary(url)
    ? { name: 'ordinary', allows: (address) => policy.allows(address), isOwn, trustsProxy: true }
    : { name: 'listed', allows: isOwn, isOwn }
}

/** The form that the specification requires. Every other form needs the operator's permission. */
function isOrdinary(url: URL): boolean {
  return url.protocol === 'https:' && url.pathname === NOTIFY_PATH
}

/** The host of a URL in the form of `node:net`: an IPv6 address without brackets. */
export function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}

/** Empty if the name does not resolve in time. */
async function addressesOf(url: URL, deps: GatewayUrlDeps): Promise<readonly string[]> {
  const host = bareHost(url)
  if (isIP(host) !== 0) return [host]
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), deps.lookupTimeoutMs ?? LOOKUP_TIMEOUT_MS)
  })
  const addresses = deps.lookup(host).catch(() => [])
  return Promise.race([addresses, tooLate]).finally(() => clearTimeout(timer))
}

const refused = (reason: string): GatewayUrlCheck => ({ kind: 'refused', reason })
