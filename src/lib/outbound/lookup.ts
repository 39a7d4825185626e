import { lookup } from 'node:dns/promises'

/**
 * All addresses of a host name. Rejects, or answers with an empty list, when there is none. The one way in which a
 * pusher's host is resolved, when the pusher is set and again for each connection.
 */
export type Lookup = (hostname: string) => Promise<readonly string[]>

/** Asks the operating system, so that `/etc/hosts` counts. */
export const systemLookup: Lookup = async (hostname) => {
  const answers = await lookup(hostname, { all: true })
  return answers.map((answer) => answer.address)
}
