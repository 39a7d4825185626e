import { Resolver } from 'node:dns/promises'
import type { Clock } from '../clock.ts'
import { NameError } from './lookup.ts'

/** The first and the longest timeout of one query. Each name server is queried twice. */
const TIMEOUT_MS = 1000
const MAX_TIMEOUT_MS = 2000
const TRIES = 2
/** Some name servers never answer for IPv6. A name with addresses of one family waits this long for the other. */
const OTHER_FAMILY_MS = 500

/** All addresses of a complete name, IPv4 first. Rejects with a `NameError`. */
export type AskNameServers = (name: string) => Promise<readonly string[]>

/**
 * Queries name servers over the network, without the four threads that `dns.lookup` shares with file access and
 * password hashing. `servers`: each `IP` or `IP:PORT`; undefined: the current name servers of the operating system.
 */
export function openNameServers(options: {
  clock: Clock
  servers?: readonly string[] | undefined
}): AskNameServers {
  const { clock, servers } = options
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES, maxTimeout: MAX_TIMEOUT_MS })
  if (servers !== undefined) resolver.setServers(servers)
  return async (name) => {
    const queries = [resolver.resolve4(name), resolver.resolve6(name)]
    const answers: string[][] = [[], []]
    const errors: unknown[] = []
    const both = Promise.all(
      queries.map(async (query, family) => {
        try {
          answers[family] = await query
        } catch (error) {
          errors.push(error)
        }
      }),
    )
    const done = new AbortController()
    const one = Promise.any(queries).then(
      () => clock.sleep(OTHER_FAMILY_MS, done.signal),
      () => both,
    )
    await Promise.race([both, one])
    done.abort()
    const addresses = answers.flat()
    if (addresses.length === 0)
      throw new NameError(errors.every(isFinal) ? 'ENOTFOUND' : 'EAI_AGAIN', { cause: errors[0] })
    return addresses
  }
}

const FINAL_CODES = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

const isFinal = (error: unknown) =>
  error instanceof Error && 'code' in error && FINAL_CODES.has(String(error.code))
