/**
 * Top-level domains without public names: reserved by RFC 2606, 6761, 6762, 7686, 8375 (`home.arpa`) and
 * 9476, by ICANN (`internal`), or never delegated because private networks use them (RFC 6762, appendix G).
 */
const SPECIAL: ReadonlySet<string> = new Set([
  'alt',
  'arpa',
  'corp',
  'example',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'mail',
  'onion',
  'private',
  'test',
])

/**
 * `public`: it may be a name of the public internet. `special`: it cannot be. `none`: an IP address, a bare
 * host or no host.
 */
export type NameKind = 'public' | 'special' | 'none'

/** Checks only the form of a host name, not whether it exists. */
export function nameKindOf(host: string): NameKind {
  const labels = host.toLowerCase().split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2 || labels.includes('') || !/^[a-z]/.test(last)) return 'none'
  return SPECIAL.has(last) ? 'special' : 'public'
}
