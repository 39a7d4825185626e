import { isIP } from 'node:net'

import ipaddr from 'ipaddr.js'

/** The text for an address that may not be called; it contains neither host nor address. */
export const BLOCKED = 'blocked by the IP policy'

/** The operator's remedy. */
export const BLOCKED_ADVICE = 'allow its network with push.allow_ip_ranges, or with --allow-push-to CIDR'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

/** The addresses that a URL set by a user may make the server call. */
export type IpPolicy = {
  /** Public, or allowed by the operator. False for text that is not an IP address in canonical spelling. */
  allows(address: string): boolean
  /** Allowed by the operator: `push.allow_ip_ranges`. */
  allowedByOperator(address: string): boolean
}

// All global unicast addresses that IANA has assigned are in this range. Outside it are, beside the ranges that
// ipaddr.js names, `::/96` (IPv4-compatible: ipaddr.js calls `::8.8.8.8` "unicast") and unassigned space.
const GLOBAL_UNICAST_V6: Range = ipaddr.parseCIDR('2000::/3')

/**
 * Refuses every address that is not public: loopback, private, link-local, shared (CGNAT), multicast, reserved and
 * documentation ranges, and IPv6 forms that contain an IPv4 address (compatible, translated, 6to4, NAT64, Teredo). An
 * IPv4-mapped address is treated like its IPv4 address. `allowRanges` (CIDR or single addresses) overrides; a range
 * of IPv4 addresses never allows their translated forms.
 *
 * @throws {RangeError} with the first range that is not valid.
 */
export function makeIpPolicy(allowRanges: readonly string[]): IpPolicy {
  const ranges = allowRanges.map(parseRange)
  const isListed = (address: Address) =>
    ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
  return {
    allows(text) {
      const address = parseAddress(text)
      return address !== undefined && (isPublic(address) || isListed(address))
    },
    allowedByOperator(text) {
      const address = parseAddress(text)
      return address !== undefined && isListed(address)
    },
  }
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || address.match(...GLOBAL_UNICAST_V6)
}

// `isIP` first: ipaddr.js also accepts `010.0.0.1`, `0x7f.1` and `2130706433`, which other parsers read differently.
// Addresses from a parsed URL, a resolver or a socket never have these forms.
function parseAddress(text: string): Address | undefined {
  const version = isIP(text)
  if (version === 0) return undefined
  try {
    return ipaddr.process(version === 6 ? inHexadecimal(text) : text)
  } catch {
    return undefined
  }
}

// ipaddr.js reads `::127.0.0.1` (IPv4-compatible) as `::ffff:127.0.0.1` (IPv4-mapped), which is another address. URLs
// have no dotted form, so the error cannot occur with them. A zone is not part of the address.
function inHexadecimal(text: string): string {
  const [address] = text.split('%')
  return new URL(`http://[${address}]/`).hostname.slice(1, -1)
}

function parseRange(text: string): Range {
  const [base, bits, ...rest] = text.split('/')
  const address = base === undefined ? undefined : parseAddress(base)
  if (base === undefined || address === undefined || rest.length > 0) throw notARange(text)
  // `::ffff:127.0.0.0/104` was converted to IPv4 with its address; its prefix length must be converted too.
  const shift = isIP(base) === 6 && address.kind() === 'ipv4' ? 96 : 0
  const width = address.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [address, width]
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) - shift : -1
  if (length < 0 || length > width) throw notARange(text)
  return [address, length]
}

const notARange = (text: string) =>
  new RangeError(`not an IP range in CIDR notation: ${JSON.stringify(text)}`)
