import { isIP } from 'node:net'

import ipaddr from 'ipaddr.js'

/** What is said of an address that the server may not call; it names neither host nor address. */
export const BLOCKED = 'blocked by the IP policy'

/** What the operator can do about it. */
export const BLOCKED_ADVICE = 'allow its network with push.allow_ip_ranges, or with --allow-push-to CIDR'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

/** Which addresses the server may be made to call by a URL that a user has set. */
export type IpPolicy = {
  /** Public, or named by the operator. False for everything that is not an IP address in its canonical spelling. */
  allows(address: string): boolean
  /** Named by the operator: `push.allow_ip_ranges`. */
  allowedByOperator(address: string): boolean
}

// All global unicast addresses that IANA has given out lie here. Outside it are, beside the ranges that ipaddr.js names,
// `::/96` (IPv4-compatible: `::8.8.8.8` is "unicast" to ipaddr.js) and space that nobody may use yet.
const GLOBAL_UNICAST_V6: Range = ipaddr.parseCIDR('2000::/3')

/**
 * Refuses every address that is not public: loopback, private, link-local, shared (CGNAT), multicast, reserved and
 * documentation ranges, and the forms that carry an IPv4 address inside an IPv6 one (compatible, translated, 6to4,
 * NAT64, Teredo). An IPv4-mapped address is judged as the IPv4 address it stands for. `allowRanges` (CIDR or single
 * addresses) overrides; a range of IPv4 addresses never opens their translated forms.
 *
 * @throws {RangeError} naming the first range that cannot be read.
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

// `isIP` first: ipaddr.js also reads `010.0.0.1`, `0x7f.1` and `2130706433`, which others read differently. Addresses
// that come from a parsed URL, from a resolver or from a socket never look like that.
function parseAddress(text: string): Address | undefined {
  const version = isIP(text)
  if (version === 0) return undefined
  try {
    return ipaddr.process(version === 6 ? inHexadecimal(text) : text)
  } catch {
    return undefined
  }
}

// ipaddr.js reads `::127.0.0.1` (IPv4-compatible) as `::ffff:127.0.0.1` (IPv4-mapped), which is another address. A URL has
// no dotted form, so by that way there is nothing to mistake. A zone is no part of the address.
function inHexadecimal(text: string): string {
  const [address] = text.split('%')
  return new URL(`http://[${address}]/`).hostname.slice(1, -1)
}

function parseRange(text: string): Range {
  const [base, bits, ...rest] = text.split('/')
  const address = base === undefined ? undefined : parseAddress(base)
  if (base === undefined || address === undefined || rest.length > 0) throw notARange(text)
  // `::ffff:127.0.0.0/104` was turned into IPv4 with its address; its length must follow.
  const shift = isIP(base) === 6 && address.kind() === 'ipv4' ? 96 : 0
  const width = address.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [address, width]
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) - shift : -1
  if (length < 0 || length > width) throw notARange(text)
  return [address, length]
}

const notARange = (text: string) =>
  new RangeError(`Not an IP range in CIDR notation: ${JSON.stringify(text)}`)
