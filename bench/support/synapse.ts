import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { launchOther, type Program } from './processes.ts'

const run = promisify(execFile)

/** The version of Synapse that this Python has; undefined if it has none. */
export async function synapseVersion(python: string): Promise<string | undefined> {
  try {
    return (await run(python, ['-c', 'import synapse; print(synapse.__version__)'])).stdout.trim()
  } catch {
    return undefined
  }
}

/** Why a comparison with Synapse is skipped. */
export const reasonWithoutSynapse = (python: string) =>
  `"${python}" does not have it: install matrix-synapse with pip in a virtual environment and pass its Python with --synapse`

/**
 * Starts Synapse as one process with SQLite in `folder`. Rate limits and presence are off, and pokes to
 * loopback are allowed.
 */
export async function launchSynapse(python: string, folder: string): Promise<Program> {
  const port = await freePort()
  const unlimited = { per_second: 1e6, burst_count: 1e6 }
  const log = join(folder, 'log.yaml')
  const config = join(folder, 'homeserver.yaml')
  const settings = {
    server_name: 'localhost',
    report_stats: false,
    listeners: [{ port, type: 'http', bind_addresses: ['127.0.0.1'], resources: [{ names: ['client'] }] }],
    database: { name: 'sqlite3', args: { database: join(folder, 'homeserver.db') } },
    media_store_path: join(folder, 'media'),
    signing_key_path: join(folder, 'signing.key'),
    pid_file: join(folder, 'pid'),
    log_config: log,
    macaroon_secret_key: 'benchmark',
    form_secret: 'benchmark',
    trusted_key_servers: [],
    enable_registration: true,
    enable_registration_without_verification: true,
    // Passwords are not part of the measurement.
    bcrypt_rounds: 4,
    presence: { enabled: false },
    ip_range_whitelist: ['127.0.0.0/8'],
    rc_message: unlimited,
    rc_registration: unlimited,
    rc_joins: { local: unlimited },
    rc_joins_per_room: unlimited,
    rc_room_creation: unlimited,
    // An initial sync is otherwise computed once, and sent again for two minutes.
    caches: { sync_response_cache_duration: '0s' },
  }
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(settings))
  writeFileSync(
    log,
    JSON.stringify({
      version: 1,
      root: { level: 'ERROR', handlers: ['console'] },
      handlers: { console: { class: 'logging.StreamHandler' } },
    }),
  )
  const args = ['-m', 'synapse.app.homeserver', '-c', config]
  await run(python, [...args, '--generate-keys'])
  return launchOther([python, ...args], {
    url: `http://127.0.0.1:${port}`,
    path: '/_matrix/client/versions',
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
