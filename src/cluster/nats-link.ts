import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node'
import { ConfigError } from '../config/config-error.ts'
import { readSetting } from '../config/read-setting.ts'
import type { ClusterSettings } from '../config/cluster-schema.ts'
import type { Link, LinkEvents } from './link.ts'
import type { LinkDeps } from './postgres-link.ts'
import { connectAgain } from './reconnect.ts'

// Core publish and subscribe of NATS: a text reaches the processes that are connected at this moment.
// JetStream is not used, because the database has all that a text says.

/** Below the 1 MiB that a NATS server accepts by default. */
const MAX_BYTES = 524_288
const CONNECT_TIMEOUT_MS = 5000

export type NatsServers = Extract<ClusterSettings['bus'], { kind: 'nats' }>

/** Reads the files of the credentials. @throws ConfigError */
export async function createNatsLink(
  { servers, isSecure }: NatsServers,
  settings: ClusterSettings,
  deps: LinkDeps & { cluster: string },
): Promise<Link> {
  // Not loaded by servers without NATS.
  const nats = await import('@nats-io/transport-node')
  const creds = settings.nats_creds_file
  const options: NodeConnectionOptions = {
    servers,
    name: 'belfry',
    // The link connects again itself, as that of PostgreSQL does.
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
    ...(isSecure && { tls: caOf(settings) }),
    ...loginOf(settings),
    ...(creds !== undefined && {
      authenticator: nats.credsAuthenticator(
        new TextEncoder().encode(readSetting('cluster.nats_creds_file', creds)),
      ),
    }),
  }
  return new NatsLink(() => nats.connect(options), deps)
}

const firstLine = (key: string, file: string) => readSetting(key, file).split(/\r?\n/, 1)[0] ?? ''

function caOf({ nats_ca: file }: ClusterSettings) {
  return file === undefined ? {} : { ca: readSetting('cluster.nats_ca', file) }
}

function loginOf({ nats_user: user, nats_password_file: password, nats_token_file: token }: ClusterSettings) {
  if (user !== undefined && password !== undefined)
    return { user, pass: firstLine('cluster.nats_password_file', password) }
  return token === undefined ? {} : { token: firstLine('cluster.nats_token_file', token) }
}

class NatsLink implements Link {
  readonly maxBytes = MAX_BYTES
  readonly #connectTo: () => Promise<NatsConnection>
  readonly #deps: LinkDeps
  readonly #subject: string
  readonly #ending = new AbortController()
  #connection: NatsConnection | undefined
  #events: LinkEvents | undefined
  #connecting: Promise<void> = Promise.resolve()

  constructor(connectTo: () => Promise<NatsConnection>, deps: LinkDeps & { cluster: string }) {
    this.#connectTo = connectTo
    this.#deps = deps
    this.#subject = `belfry.${deps.cluster}.bus`
  }

  async start(to: LinkEvents): Promise<void> {
    this.#events = to
    try {
      await this.#connect()
    } catch (error) {
      const fault = faultOfSettings(error)
      if (fault !== undefined) throw new ConfigError(`"cluster.bus": ${fault}`, { cause: error })
      this.#deps.log.warn({ err: error }, 'the bus cannot connect to NATS')
      this.#connectAgain()
    }
  }

  send(text: string): void {
    try {
      this.#connection?.publish(this.#subject, text)
    } catch (error) {
      // The connection has just closed; the end of the connection is reported as well.
      this.#deps.log.debug({ err: error }, 'a message was not sent to NATS')
    }
  }

  reconnect(): void {
    if (this.#connection !== undefined) this.#lost(this.#connection, new Error('no response'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    const connection = this.#connection
    this.#connection = undefined
    await this.#connecting
    // Sends what waits.
    await connection?.flush().catch(() => undefined)
    await connection?.close()
  }

  async #connect(): Promise<void> {
    const connection = await this.#connectTo()
    connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error !== null) this.#deps.log.error({ err: error }, 'NATS refuses the subscription of the bus')
        else this.#events?.received(message.string())
      },
    })
    // Only then all that other processes send arrives.
    await connection.flush()
    if (this.#ending.signal.aborted) return connection.close()
    this.#connection = connection
    void connection.closed().then((error) => this.#lost(connection, error))
    this.#events?.connected()
  }

  #lost(connection: NatsConnection, error: unknown): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    this.#deps.log.warn({ err: error }, 'the connection of the bus to NATS was lost')
    this.#events?.disconnected()
    connection.close().catch(() => undefined)
    this.#connectAgain()
  }

  #connectAgain(): void {
    this.#connecting = connectAgain(this.#deps, this.#ending.signal, async () => {
      try {
        await this.#connect()
        return true
      } catch (error) {
        this.#deps.log.warn({ err: error }, 'the bus cannot connect to NATS')
        return false
      }
    })
  }
}

/** What the operator must change; undefined: the server may only be away. */
function faultOfSettings(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (/Authori[sz]ation|Authentication/i.test(`${at.name} ${at.message}`))
      return 'NATS refuses the user, password, token or credentials file'
    const code = String((at as NodeJS.ErrnoException).code ?? '')
    if (/CERT|SIGNATURE|ALTNAME/.test(code))
      return `the certificate of NATS is not trusted (${code}): set "cluster.nats_ca"`
  }
  return undefined
}
