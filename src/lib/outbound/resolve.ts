import type { Clock } from '../clock.ts'
import { boundLookup } from './bounded-lookup.ts'
import { type Lookup, NameError } from './lookup.ts'
import { openNameServers } from './name-server.ts'
import { candidatesOf, parseHosts, parseSearchRule, watchedFile } from './system-names.ts'

export type ResolverOptions = {
  clock: Clock
  /** Each `IP` or `IP:PORT`. Undefined, or none: those of the operating system. */
  servers?: readonly string[] | undefined
  hostsFile?: string
  configFile?: string
}

const LOOPBACK = ['127.0.0.1', '::1']

/**
 * Resolves names that users choose: from `/etc/hosts`, which comes first as with the C library, or from name servers, by the search
 * rule of `/etc/resolv.conf`. Nothing else that the operating system may know (mDNS, directories) is asked. What it costs is bounded.
 */
export function createResolver(options: ResolverOptions): Lookup {
  const { clock, servers = [] } = options
  const hosts = watchedFile(options.hostsFile ?? '/etc/hosts', parseHosts)
  const open = (of?: readonly string[]) => openNameServers({ clock, servers: of })
  const given = servers.length > 0 ? open(servers) : undefined
  const config = watchedFile(options.configFile ?? '/etc/resolv.conf', (text) => ({
    rule: parseSearchRule(text),
    // It reads the file itself: after a change, new servers are asked.
    ask: given ?? open(),
  }))

  const resolve = async (hostname: string): Promise<readonly string[]> => {
    const bare = hostname.replace(/\.$/, '')
    const listed = (await hosts()).get(bare)
    if (listed !== undefined) return listed
    // RFC 6761, sections 6.3 and 6.4: no name server is asked for these.
    if (/(?:^|\.)localhost$/.test(bare)) return LOOPBACK
    if (/(?:^|\.)invalid$/.test(bare)) throw new NameError('ENOTFOUND')
    const { rule, ask } = await config()
    return firstOf(candidatesOf(hostname, rule), ask)
  }
  return boundLookup(resolve, { clock })
}

/** The next candidate is asked for only when the one before does not exist. */
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
