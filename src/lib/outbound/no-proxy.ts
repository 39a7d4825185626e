import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Proxy } from './proxy.ts'

/**
 * The hosts that are called without the proxy, in the format of `NO_PROXY` as curl and Go read it. An entry is a name
 * including its subdomains (`example.org`, `.example.org` and `*.example.org` are the same), an address, or a network
 * in CIDR notation; `:PORT` limits it to that port. `*` matches all hosts. Names are not resolved, so networks only
 * match addresses in URLs.
 */
export function makeNoProxy(entries: readonly string[]): (host: string, port: number) => boolean {
  const matchers = entries.map((entry) => matcherOf(entry.trim().toLowerCase()))
  return (host, port) => {
    const name = host
      .toLowerCase()
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, '')
    return matchers.some((matches) => matches(name, port))
  }
}

/** The proxy, except for these hosts. */
export const withoutFor = (proxy: Proxy | undefined, entries: readonly string[]): Proxy | undefined =>
  proxy && { ...proxy, bypasses: makeNoProxy(entries) }

type Matcher = (host: string, port: number) => boolean

function matcherOf(entry: string): Matcher {
  if (entry === '*') return () => true
  if (ipaddr.isValidCIDR(entry)) return inNetwork(...ipaddr.parseCIDR(entry))
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? []
  const host = bracketed ?? plain ?? entry
  const ofPort = (port: number) => digits === undefined || port === Number(digits)
  if (isIP(host) !== 0) {
    const address = ipaddr.process(host).toString()
    return (other, port) => ofPort(port) && isIP(other) !== 0 && ipaddr.process(other).toString() === address
  }
  const name = host.replace(/^\*?\./, '').replace(/\.$/, '')
  if (name === '') return () => false
  return (other, port) => ofPort(port) && (other === name || other.endsWith(`.${name}`))
}

function inNetwork(base: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Matcher {
  return (host) => {
    if (isIP(host) === 0) return false
    const address = ipaddr.process(host)
    return address.kind() === base.kind() && address.match(base, bits)
  }
}
