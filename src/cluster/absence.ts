import { Client } from 'pg'
import type { Log } from '../lib/log.ts'

/**
 * Which processes have no connection to the bus, although they write. Such a process holds a lock in
 * PostgreSQL, which ends with its session. The others look at the database while anybody holds it. No
 * function rejects.
 */
export type Absence = AsyncDisposable & {
  begin(): Promise<void>
  end(): Promise<void>
  isAnyAbsent(): Promise<boolean>
}

/** The two keys of the lock. Any numbers, but never change them. The first is that of all locks of Belfry. */
const CLASS = 8_008
const ABSENT = 2
const TIMEOUT_MS = 1500

const FIND = `
  select exists (select 1 from pg_locks where locktype = 'advisory' and classid = ${CLASS} and objid = ${ABSENT} and objsubid = 2
    and granted and database = (select oid from pg_database where datname = current_database())) as found`

export function createAbsence(url: string, log: Log): Absence {
  let client: Client | undefined
  let isAbsent = false

  async function connected(): Promise<Client> {
    if (client !== undefined) return client
    const made = new Client({
      connectionString: url,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      application_name: 'belfry_bus',
      keepAlive: true,
    })
    made.on('error', () => forget(made))
    try {
      await made.connect()
    } catch (error) {
      forget(made)
      throw error
    }
    client = made
    return made
  }

  function forget(one: Client): void {
    one.end().catch(() => undefined)
    if (client !== one) return
    client = undefined
    isAbsent = false
  }

  async function ask(statement: string): Promise<{ found?: boolean } | undefined> {
    try {
      const { rows } = await (await connected()).query<{ found?: boolean }>(statement)
      return rows[0] ?? {}
    } catch (error) {
      if (client !== undefined) forget(client)
      log.debug({ err: error }, 'the bus cannot ask PostgreSQL for absent processes')
      return undefined
    }
  }

  return {
    async begin() {
      // Asked again each time: it also notices a lost session, whose lock has ended.
      if (isAbsent && (await ask('select 1')) !== undefined) return
      isAbsent = (await ask(`select pg_advisory_lock_shared(${CLASS}, ${ABSENT})`)) !== undefined
    },
    async end() {
      if (!isAbsent) return
      isAbsent =
        (await ask(`select pg_advisory_unlock_shared(${CLASS}, ${ABSENT})`)) === undefined && isAbsent
    },
    isAnyAbsent: async () => (await ask(FIND))?.found === true,
    async [Symbol.asyncDispose]() {
      const last = client
      client = undefined
      await last?.end().catch(() => undefined)
    },
  }
}
