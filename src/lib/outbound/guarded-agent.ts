import { isIP, type LookupFunction, type Socket } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

import { buildConnector, errors, Pool, type Dispatcher } from 'undici'

import { BoundedMap } from '../bounded-map.ts'
import { systemClock } from '../clock.ts'
import { BLOCKED } from './ip-policy.ts'
import type { Lookup } from './lookup.ts'
import { type Proxy, proxyFor } from './proxy.ts'
import { throughProxy } from './proxy-connector.ts'
import { createResolver } from './resolve.ts'

/** The addresses that may be called. */
export type AddressRule = {
  /** Connections are shared between URLs of one origin whose rules have the same name. */
  name: string
  allows: (address: string) => boolean
  /** With a proxy the resolved address is unknown here. Whether calls are allowed anyway; default: false. */
  trustsProxy?: boolean
  /** The operator's own networks, which are called without the proxy. Default: none. */
  isOwn?: (address: string) => boolean
}

export type GuardedAgentOptions = {
  ruleFor(url: URL): AddressRule
  /** Share one lookup: it remembers failed names. Default: a resolver of this agent. */
  lookup?: Lookup
  /** All calls go through this proxy, which resolves the names. */
  proxy?: Proxy | undefined
  /** Additional trusted certificate authorities, each in PEM. */
  ca?: readonly string[]
  /** Replaces the context made from `ca`. */
  secureContext?: SecureContext | undefined
  /** Until the connection is established, including TLS. Default: 5 s. */
  connectTimeoutMs?: number
  /** How long an idle connection is kept. Default: 10 s. */
  keepAliveMs?: number
  /** The most connections to one origin; further requests wait. Default: 8. */
  connectionsPerOrigin?: number
  /**
   * The most origins with open connections. Above it the one idle for longest is closed; origins with requests in
   * flight are kept. Default: 256.
   */
  maxPools?: number
}

export type PostOptions = { headers: Record<string, string>; body: string | Buffer }

export type GuardedAgent = AsyncDisposable & {
  /**
   * Sends one POST. Redirects are not followed. The handler gets the response or an error, one of undici's or
   * `BlockedAddressError`.
   * @throws {Error} undici's, for headers that cannot be sent
   */
  post(url: URL, options: PostOptions, handler: Dispatcher.DispatchHandler): void
  /** The number of origins that have a pool now. */
  poolCount(): number
}

/** The address of the host may not be called. The message contains neither host nor address. */
export class BlockedAddressError extends Error {
  override name = 'BlockedAddressError'
  readonly code = 'ERR_BLOCKED_ADDRESS'

  constructor() {
    super(BLOCKED)
  }
}

/** `key`: that of the pool. */
type Route = { key: string; path: string }

/**
 * The only way to call a URL that a user set. Each origin has its own pool of connections (bulkhead: a gateway that
 * hangs blocks only its own connections). The connector refuses every address that the rule for the URL does not
 * allow, whatever the name resolved to in an earlier lookup.
 *
 * Disposing aborts requests in flight. Wait for them first where they should finish.
 */
export function makeGuardedAgent(options: GuardedAgentOptions): GuardedAgent {
  const closing = new Set<Pool>()
  const close = (pool: Pool) => {
    closing.add(pool)
    pool.close(() => closing.delete(pool))
  }
  const pools = new BoundedMap<string, Pool>({
    limit: options.maxPools ?? 256,
    isInUse: (pool) => pool.stats.size > 0,
    onEvict: close,
  })
  const secureContext =
    options.secureContext ??
    createSecureContext(
      options.ca === undefined ? {} : { ca: [...getCACertificates('default'), ...options.ca] },
    )
  const lookup = options.lookup ?? createResolver({ clock: systemClock })
  let disposed = false

  /** For callers that post to the same object of a URL repeatedly. */
  const routes = new WeakMap<URL, Route>()
  const routeOf = (url: URL): Route => {
    let route = routes.get(url)
    if (route === undefined) {
      // One origin may have two rules. A connection made under one rule must not be used for the other.
      route = { key: `${url.origin} ${options.ruleFor(url).name}`, path: url.pathname + url.search }
      routes.set(url, route)
    }
    return route
  }

  const poolFor = (url: URL, key: string): Pool => {
    return pools.getOrInsertComputed(key, () => {
      const pool = makePool(url, { ...options, lookup }, secureContext)
      const closeIfIdle = () => {
        if (pools.peek(key) !== pool || pool.stats.connected > 0 || pool.stats.size > 0) return
        pools.delete(key)
        close(pool)
      }
      pool.on('disconnect', closeIfIdle)
      pool.on('connectionError', closeIfIdle)
      return pool
    })
  }

  return {
    post(url, options, handler) {
      if (disposed) throw new errors.ClientClosedError()
      const { key, path } = routeOf(url)
      poolFor(url, key).dispatch({ method: 'POST', path, ...options }, handler)
    },
    poolCount: () => pools.size,
    async [Symbol.asyncDispose]() {
      disposed = true
      const open = [...pools.values(), ...closing]
      pools.clear()
      await Promise.all(open.map((pool) => pool.destroy()))
    },
  }
}

function makePool(
  url: URL,
  options: GuardedAgentOptions & { lookup: Lookup },
  secureContext: SecureContext,
): Pool {
  const rule = options.ruleFor(url)
  const accepts = rule.allows
  const keepAliveMs = options.keepAliveMs ?? 10_000
  const timeout = options.connectTimeoutMs ?? 5000
  const lookup = guardedLookup(options.lookup, accepts)
  const direct = buildConnector({ allowH2: false, timeout, lookup, secureContext })
  const proxy = isOwn(url, rule) ? undefined : proxyFor(options.proxy, url)
  const connect = proxy === undefined ? direct : throughProxy(proxy, direct, timeout)
  return new Pool(url.origin, {
    connections: options.connectionsPerOrigin ?? 8,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: Math.max(keepAliveMs, 60_000),
    // The caller's signal limits the whole exchange. undici's timers would restart with each chunk.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: guarded(rule, proxy, connect),
  })
}

/**
 * A literal address never reaches `lookup`, so it is checked here. The address of the socket is checked too, because
 * it is the one that was really connected. With a proxy, which resolves names itself, only literal addresses and the
 * name of the proxy's own machine can be checked.
 */
function guarded(
  rule: AddressRule,
  proxy: Proxy | undefined,
  connect: buildConnector.connector,
): buildConnector.connector {
  const accepts = rule.allows
  const mayDial = (host: string): boolean => {
    if (isIP(host) !== 0) return accepts(host)
    if (proxy === undefined) return true // its addresses are looked at
    return LOCAL_NAME.test(host) ? accepts('127.0.0.1') : rule.trustsProxy === true
  }
  return (options, callback) => {
    if (!mayDial(options.hostname)) {
      process.nextTick(callback, new BlockedAddressError(), null)
      return
    }
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      const fault = proxy === undefined ? faultOfPeer(socket, accepts) : undefined
      if (fault === undefined) return callback(null, socket)
      socket.destroy()
      callback(fault, null)
    })
  }
}

/** By the URL alone: with a proxy, names need not resolve here. */
function isOwn({ hostname }: URL, rule: AddressRule): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (LOCAL_NAME.test(host)) return rule.isOwn?.('127.0.0.1') === true
  return isIP(host) !== 0 && rule.isOwn?.(host) === true
}

const LOCAL_NAME = /(?:^|\.)localhost\.?$/i

function faultOfPeer(socket: Socket, accepts: (address: string) => boolean): Error | undefined {
  const peer = socket.remoteAddress
  if (peer === undefined) return new errors.SocketError('other side closed')
  return accepts(peer) ? undefined : new BlockedAddressError()
}

/** Checks **every** address of a response: a refused address among allowed ones is a sign of DNS rebinding. */
function guardedLookup(lookup: Lookup, accepts: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    const answer = async () => {
      const addresses = await lookup(hostname)
      if (!addresses.every(accepts)) throw new BlockedAddressError()
      const [first] = addresses
      if (first === undefined) throw Object.assign(new Error('No address'), { code: 'ENOTFOUND' })
      return { first, all: addresses.map((address) => ({ address, family: isIP(address) })) }
    }
    answer().then(
      ({ first, all }) =>
        process.nextTick(callback, null, ...(options.all === true ? [all] : [first, isIP(first)])),
      (error: unknown) => process.nextTick(callback, error, ''),
    )
  }
}
