import type { SecureContext } from 'node:tls'
import type { Clock } from '../lib/clock.ts'
import { type CallResponse, postOnce } from '../lib/outbound/call.ts'
import {
  type GuardedAgent,
  type GuardedAgentOptions,
  makeGuardedAgent,
} from '../lib/outbound/guarded-agent.ts'
import { BLOCKED, type IpPolicy } from '../lib/outbound/ip-policy.ts'
import type { NetworkFault } from '../lib/outbound/network-fault.ts'
import { parsedJson } from '../lib/outbound/parsed-json.ts'
import { matchesHost } from './host-globs.ts'
import type { ProviderDeps, ProviderResult } from './provider.ts'

// Users choose the push services for browsers and UnifiedPush, so any address and any response is possible.

/** The response of a push service. */
export type EndpointResponse = Omit<CallResponse, 'kind'> & {
  /** The body of a response other than success, at most 4 KiB. `body` is the same as JSON, if it is JSON. */
  text: string
}

export type EndpointRequest = { headers: Record<string, string>; body: string | Buffer }

export type EndpointDeps = {
  agent: GuardedAgent
  clock: Clock
  /** Of the whole exchange, including the wait for a free connection. Default: 10 s. */
  deadlineMs?: number
}

export const ENDPOINT_DEADLINE_MS = 10_000
const MAX_BODY_BYTES = 4096
const USER_AGENT = 'belfry'
/** For a success the status is enough. The body of a failure adds its reason. */
const READ_BODY = { success: 'none', other: 'text' } as const

/**
 * Reads the address of a subscription: http or https, without user info and fragment. The IP policy checks
 * the host at each connection, because a name can resolve to another address later.
 */
export function readEndpoint(text: unknown): URL | 'bad endpoint' {
  const url = typeof text === 'string' ? URL.parse(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) return 'bad endpoint'
  if (url.username !== '' || url.password !== '' || url.href.includes('#')) return 'bad endpoint'
  return url
}

/**
 * The agent for push services: https to public addresses and to those that the operator allows; plain http only to the
 * latter. Redirects are not followed.
 */
export function makeEndpointAgent({
  policy,
  ...options
}: Omit<GuardedAgentOptions, 'ruleFor'> & { policy: IpPolicy }): GuardedAgent {
  // The certificate of a push service proves its name, so the DNS server need not be trusted.
  const isOwn = (address: string) => policy.allowedByOperator(address)
  const allows = (address: string) => policy.allows(address)
  const secure = { name: 'https', allows, isOwn, trustsProxy: true }
  const plain = { name: 'http', allows: isOwn, isOwn }
  return makeGuardedAgent({ ...options, ruleFor: (url) => (url.protocol === 'https:' ? secure : plain) })
}

/** The same for an app, with its `max_connections`. `secureContext`: see `secureContextFor`. */
export function openEndpointAgent(
  options: { max_connections: number },
  { policy, lookup, proxy }: ProviderDeps,
  secureContext: SecureContext | undefined,
): GuardedAgent {
  return makeEndpointAgent({
    policy,
    lookup,
    proxy,
    secureContext,
    connectionsPerOrigin: options.max_connections,
  })
}

/**
 * The address of a subscription, or the result if it cannot be called. A host outside of `allowed` never
 * leads to a rejection: the operator wrote the list, and it may lack a host that the maker of a browser has
 * added since.
 */
export function endpointFor(text: unknown, allowed: readonly string[] | undefined): URL | ProviderResult {
  const url = readEndpoint(text)
  if (typeof url === 'string') return { kind: 'rejected', reason: url }
  if (allowed === undefined || matchesHost(allowed, url.hostname)) return url
  return { kind: 'misconfigured', reason: 'endpoint not allowed', isOfAddress: true }
}

/** See `Provider.lineOf`: the origin of the push service. */
export function lineOfEndpoint(text: unknown): string {
  const url = readEndpoint(text)
  return typeof url === 'string' ? url : url.origin
}

/** The result of a network error. */
export function judgeFault(fault: NetworkFault): ProviderResult {
  if (fault === BLOCKED) return { kind: 'misconfigured', reason: fault, isOfAddress: true }
  return { kind: 'retry', reason: fault }
}

/**
 * Sends one POST and reads at most 4 KiB of the response. Never rejects: without a response, the result is
 * the network error.
 */
export async function postToEndpoint(
  { agent, clock, deadlineMs = ENDPOINT_DEADLINE_MS }: EndpointDeps,
  url: URL,
  { headers, body, signal }: EndpointRequest & { signal?: AbortSignal | undefined },
): Promise<EndpointResponse | NetworkFault> {
  const result = await postOnce(agent, url, {
    headers: { ...headers, 'user-agent': USER_AGENT },
    body,
    deadlineMs,
    maxBodyBytes: MAX_BODY_BYTES,
    readBody: READ_BODY,
    clock,
    signal,
  })
  if (result.kind === 'fault') return result.fault
  const text = typeof result.body === 'string' ? result.body : ''
  return { ...result, body: text === '' ? undefined : parsedJson(text), text }
}
