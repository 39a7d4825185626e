import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir, userInfo } from 'node:os'
import { placeForData } from './place-for-data.ts'

/** A temporary PostgreSQL cluster that listens on a Unix socket in its folder, or the reason why there is none. */
export type Cluster = PostgresServer | { missing: string }

export type PostgresServer = {
  url: string
  /** Ends it, and removes its data. */
  stop: () => void
  /** Ends it at once as after a fault, so that `restart` recovers. Connections are refused meanwhile. */
  crash: () => Promise<void>
  /** Resolves when it accepts connections again. */
  restart: () => Promise<void>
  /** Copies its data into a standby that is not started. With `hasStandby`. */
  copyToStandby: () => Promise<void>
  /** Ends it at once, and starts the standby at its address. What was written since the copy is lost. */
  startStandby: () => Promise<void>
  /** The standby accepts writes from then on. Its connections stay open. */
  promote: () => Promise<void>
}

/**
 * For data that is discarded with its cluster. Each new database begins with a checkpoint, after which
 * `full_page_writes` logs each page once more.
 */
const DISCARDED = ['fsync=off', 'full_page_writes=off', 'autovacuum=off']
const WITHOUT_STANDBY = ['wal_level=minimal', 'max_wal_senders=0']

const DEBIAN = '/usr/lib/postgresql'

/** The folder of the programs of PostgreSQL. */
export function postgresTools(): string | undefined {
  const installed = existsSync(DEBIAN) ? readdirSync(DEBIAN) : []
  const newest = installed.toSorted((a, b) => Number(b) - Number(a))
  const folders = [
    ...newest.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')))
}

/** PostgreSQL refuses to run as root, so root runs it as another user. */
function unprivileged(): { uid?: number; gid?: number } | { missing: string } {
  if (userInfo().uid !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' }).stdout.trim()
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' }).stdout.trim()
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  return {
    missing: 'PostgreSQL does not run as root, and neither postgres nor nobody is a user of this machine',
  }
}

/**
 * Starts a cluster. It does not use fsync, because its data is discarded. `durable`: with fsync and on a
 * disk, to measure what an operator gets.
 */
export function startCluster({ durable = false, hasStandby = false } = {}): Cluster {
  const tools = postgresTools()
  if (!tools) return { missing: 'PostgreSQL (initdb, pg_ctl) is not installed' }
  const user = unprivileged()
  if ('missing' in user) return user
  const folder = mkdtempSync(join(durable ? tmpdir() : placeForData(), 'belfry-postgres-'))
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const run = (tool: string, args: string[]) =>
    spawnSync(join(tools, tool), args, {
      ...user,
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  let data = join(folder, 'data')
  const created = run('initdb', ['-D', data, '-U', 'belfry', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'])
  if (created.status !== 0) return { missing: `initdb failed: ${created.stderr}` }
  const settings = ['listen_addresses=', `unix_socket_directories=${folder}`, 'max_connections=200']
  if (!durable) settings.push(...DISCARDED)
  if (!durable && !hasStandby) settings.push(...WITHOUT_STANDBY)
  const options = settings.map((one) => `-c ${one}`).join(' ')
  const start = () => ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start']
  const started = run('pg_ctl', start())
  if (started.status !== 0) return { missing: `pg_ctl failed: ${started.stderr}` }
  /** Beside it this process goes on. */
  const control = async (args: string[], tool = 'pg_ctl') => {
    const [code] = (await once(
      spawn(join(tools, tool), args, { ...user, cwd: folder, stdio: 'ignore' }),
      'exit',
    )) as [number | null]
    if (code !== 0) throw new Error(`${tool} ${args.at(-1)} ended with ${code}`)
  }
  const crash = () => control(['-D', data, '-m', 'immediate', 'stop'])
  const standby = join(folder, 'standby')
  return {
    crash,
    restart: () => control(start()),
    async copyToStandby() {
      await control(
        ['-h', folder, '-U', 'belfry', '-c', 'fast', '-X', 'fetch', '-D', standby],
        'pg_basebackup',
      )
      writeFileSync(join(standby, 'standby.signal'), '')
    },
    async startStandby() {
      await crash()
      data = standby
      await control(start())
    },
    promote: () => control(['-D', data, '-w', 'promote']),
    url: `postgres://belfry@localhost/postgres?host=${encodeURIComponent(folder)}`,
    stop() {
      run('pg_ctl', ['-D', data, '-m', 'immediate', 'stop'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The Unix socket of a cluster, for a proxy. */
export function socketOf(url: string): { path: string } {
  return { path: join(new URL(url).searchParams.get('host') ?? '', '.s.PGSQL.5432') }
}
