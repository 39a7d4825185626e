import { Client } from 'pg'
import { type Clock, waitAtMost } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Link, LinkEvents } from './link.ts'
import { connectAgain } from './reconnect.ts'

// LISTEN and NOTIFY on a connection of their own. PostgreSQL takes a lock over all databases when a
// transaction with NOTIFY commits, so it is never in a transaction that writes. Channels belong to a
// database.

/** The name of the channel, and of the connection in `pg_stat_activity`. */
const CHANNEL = 'belfry_bus'
/** PostgreSQL refuses payloads of 8,000 bytes. */
const MAX_BYTES = 7_900
const CONNECT_TIMEOUT_MS = 5000
/** The most time in which a stop waits for texts to be sent. */
const LAST_SENDS_MS = 1000

export type LinkDeps = { clock: Clock; random: Random; log: Log }

export function createPostgresLink(url: string, deps: LinkDeps): Link {
  return new PostgresLink(url, deps)
}

class PostgresLink implements Link {
  readonly maxBytes = MAX_BYTES
  readonly #url: string
  readonly #deps: LinkDeps
  readonly #ending = new AbortController()
  #client: Client | undefined
  #events: LinkEvents | undefined
  #connecting: Promise<void> = Promise.resolve()
  #lastSend: Promise<void> = Promise.resolve()

  constructor(url: string, deps: LinkDeps) {
    this.#url = url
    this.#deps = deps
  }

  async start(to: LinkEvents): Promise<void> {
    this.#events = to
    if (!(await this.#connect())) this.#connectAgain()
  }

  send(text: string): void {
    const client = this.#client
    if (client === undefined) return
    // One after the other, as the driver wants it.
    this.#lastSend = this.#lastSend.then(async () => {
      try {
        await client.query('select pg_notify($1, $2)', [CHANNEL, text])
      } catch (error) {
        this.#lost(client, error)
      }
    })
  }

  reconnect(): void {
    const client = this.#client
    if (client !== undefined) this.#lost(client, new Error('no response'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    const client = this.#client
    this.#client = undefined
    await this.#connecting
    // The driver cuts a connection with a statement in progress.
    await waitAtMost(this.#deps.clock, LAST_SENDS_MS, this.#lastSend)
    await client?.end()
  }

  async #connect(): Promise<boolean> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: CHANNEL,
      keepAlive: true,
    })
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, new Error('the connection ended')))
    client.on('notification', ({ payload }) => this.#events?.received(payload ?? ''))
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'the bus cannot connect to PostgreSQL')
      endNow(client)
      return false
    }
    if (this.#ending.signal.aborted) {
      endNow(client)
      return true
    }
    this.#client = client
    this.#events?.connected()
    return true
  }

  /** The driver reports the end of one connection more than once. */
  #lost(client: Client, error: unknown): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#deps.log.warn({ err: error }, 'the connection of the bus to PostgreSQL was lost')
    this.#events?.disconnected()
    endNow(client)
    this.#connectAgain()
  }

  #connectAgain(): void {
    this.#connecting = connectAgain(this.#deps, this.#ending.signal, () => this.#connect())
  }
}

/** Without waiting for PostgreSQL, which may not answer. */
function endNow(client: Client): void {
  client.end().catch(() => undefined)
}
