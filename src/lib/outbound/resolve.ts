import type { Clock } from '../clock.ts'
import { boundLookup } from './bounded-lookup.ts'
import { type Lookup, NameError } from './lookup.ts'
import { openNameServers } from './name-server.ts'
import { candidatesOf, parseHosts, parseSearchRule, watchedFile } from './system-names.ts'

export type ResolverOptions = {
  clock: Clock
  /** Each `IP` or `IP:PORT`. Undefined or empty: the name servers of the operating system. */
  servers?: readonly string[] | undefined
  hostsFile?: string
  configFile?: string
}

const LOOPBACK = ['127.0.0.1', '::1']

/**
 * Resolves names that users choose: from `/etc/hosts`, which comes first as in the C library, or from name servers,
 * with the search rules of `/etc/resolv.conf`. Other sources of the operating system (mDNS, directories) are not
 * used. The cost is bounded.
 */
export function createResolver(options: ResolverOptions): Lookup {
  const { clock, servers = [] } = options
  const hosts = watchedFile(options.hostsFile ?? '/etc/hosts', parseHosts)
  const open = (of?: readonly string[]) => openNameServers({ clock, servers: of })
  const given = servers.length > 0 ? open(servers) : undefined
  const config = watchedFile(options.configFile ?? '/etc/resolv.conf', (text) => ({
    rule: parseSearchRule(text),
    // It reads the file itself, so that new servers are used after a change.
    ask: given ?? open(),
  }))

  const resolve = async (hostname: string): Promise<readonly string[]> => {
    const bare = hostname.replace(/\.$/, '')
    const listed = (await hosts()).get(bare)
    if (listed !== undefined) return listed
    // RFC 6761, sections 6.3 and 6.4: no name server is queried for these names.
    if (/(?:^|\.)localhost$/.test(bare)) return LOOPBACK
    if (/(?:^|\.)invalid$/.test(bare)) throw new NameError('ENOTFOUND')
    const { rule, ask } = await config()
    return firstOf(candidatesOf(hostname, rule), ask)
  }
  return boundLookup(resolve, { clock })
}

/** Looks up the next candidate only when the previous one does not exist. */
async function firstOf(names: readonly string[], ask: Lookup): Promise<readonly string[]> {
  for (const name of names) {
    try {
      return await ask(name)
    } catch (error) {
      if (!(error instanceof NameError) || error.code !== 'ENOTFOUND') throw error
    }
  }
  throw new NameError('ENOTFOUND')
}
