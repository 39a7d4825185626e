import { matchesWildcard } from '../lib/wildcard.ts'

/** A host name. `*` stands for whole labels or parts of them: `push.example.com`, `*.push.apple.com`. */
export const isHostGlob = (text: string) => /^[a-z0-9*-]+(?:\.[a-z0-9*-]+)*$/i.test(text)

/**
 * Whether the host of a parsed URL matches one of the globs. Labels are compared one by one, so
 * `*.push.example` does not match `evil.example/x.push.example`. A `*` stands for one label, except as the
 * first one: `*.example.com` matches every host below.
 */
export function matchesHost(globs: readonly string[], hostname: string): boolean {
  const labels = hostname.toLowerCase().replace(/\.$/, '').split('.')
  return globs.some((glob) => matchesLabels(glob.toLowerCase().split('.'), labels))
}

function matchesLabels(glob: readonly string[], labels: readonly string[]): boolean {
  const surplus = labels.length - glob.length
  if (surplus < 0 || (surplus > 0 && glob[0] !== '*')) return false
  return glob.every(
    (part, at) => (at === 0 && surplus > 0) || matchesWildcard(part, labels[at + surplus] ?? ''),
  )
}
