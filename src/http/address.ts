import ipaddr from 'ipaddr.js'
import type { IncomingMessage } from 'node:http'

const MAPPED = '::ffff:'

/**
 * Where a request comes from. Behind a trusted proxy it is the last entry of `X-Forwarded-For`, the one that the proxy itself
 * wrote; those before it are the client's word.
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  if (trustProxy) {
    const forwarded = request.headers['x-forwarded-for']
    const last = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded)?.split(',').at(-1)?.trim()
    if (last !== undefined && ipaddr.isValid(last)) return plain(last)
  }
  // Undefined once the socket is closed.
  return plain(request.socket.remoteAddress ?? 'unknown')
}

function plain(address: string): string {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address
}

/** Whom to count an address as: an IPv6 host usually owns its whole /64. */
export function addressGroup(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  return ipaddr.IPv6.networkAddressFromCIDR(`${address.split('%', 1)[0]}/64`).toString()
}
