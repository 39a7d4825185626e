import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'

// The two files that the C library reads before it queries a name server. They are read again after a change.

/** How names are searched: `search` (or `domain`) and `ndots` of resolv.conf(5). */
export type SearchRule = { domains: readonly string[]; ndots: number }

/** The limit of the C library before version 2.26; each domain is one more query for a name that does not exist. */
const MAX_DOMAINS = 6
const MAX_NDOTS = 15

/** The addresses of each name, in lower case, in the format of hosts(5). */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>()
  for (const [address = '', ...names] of wordsOf(text)) {
    if (isIP(address) === 0) continue
    for (const name of names.map((one) => one.toLowerCase())) {
      const addresses = hosts.get(name) ?? []
      if (!addresses.includes(address)) hosts.set(name, [...addresses, address])
    }
  }
  return hosts
}

export function parseSearchRule(text: string): SearchRule {
  let domains: string[] = []
  let ndots = 1
  for (const [key, ...values] of wordsOf(text)) {
    // The last one counts.
    if (key === 'search' || key === 'domain')
      domains = values.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '')
    for (const value of key === 'options' ? values : []) {
      const given = /^ndots:(\d{1,3})$/.exec(value)?.[1]
      if (given !== undefined) ndots = Math.min(MAX_NDOTS, Number(given))
    }
  }
  return { domains: domains.slice(0, MAX_DOMAINS), ndots }
}

/** The complete names that a name may stand for, in order of lookup. A name with a trailing dot is complete. */
export function candidatesOf(name: string, { domains, ndots }: SearchRule): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const searched = domains.map((domain) => `${name}.${domain}`)
  return name.split('.').length - 1 >= ndots ? [name, ...searched] : [...searched, name]
}

function wordsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.replace(/[#;].*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/))
}

/** Parses a file, and parses it again after each change. An unreadable file counts as empty. */
export function watchedFile<T>(path: string, parse: (text: string) => T): () => Promise<T> {
  let read: { at: number; value: T } | undefined
  return async () => {
    const changedAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
    if (read?.at === changedAt) return read.value
    const value = parse(await readFile(path, 'utf8').catch(() => ''))
    read = { at: changedAt, value }
    return value
  }
}
