import ipaddr from 'ipaddr.js'
import type { IncomingMessage } from 'node:http'

const MAPPED = '::ffff:'

/**
 * The IP address of the client. Behind a trusted proxy: the last entry of `X-Forwarded-For`, which the proxy
 * wrote; the client can forge the entries before it.
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  if (trustProxy) {
    const forwarded = request.headers['x-forwarded-for']
    const last = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded)?.split(',').at(-1)?.trim()
    if (last !== undefined && ipaddr.isValid(last)) return plain(last)
  }
  // The address is undefined after the socket has closed.
  return plain(request.socket.remoteAddress ?? 'unknown')
}

function plain(address: string): string {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address
}

/** The key under which limits count an address. For IPv6 it is the /64, which one host usually owns. */
export function addressGroup(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  return ipaddr.IPv6.networkAddressFromCIDR(`${address.split('%', 1)[0]}/64`).toString()
}
