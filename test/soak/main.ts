import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { emptyPostgresUrl } from '../support/databases.ts'
import { startCluster } from '../support/postgres.ts'
import { type CrashRun, crashRun } from './crash-run.ts'
import { type ClusterRun, clusterRun } from './cluster-run.ts'
import { oneServer } from './crash-target.ts'
import { hostileRun } from './hostile/hostile-run.ts'

const USAGE = `npm run soak -- [--kills N] [--seed N] [--database sqlite|postgres] [--longest-life MS]
npm run soak -- --cluster [--kills N] [--seed N] [--writes N] [--bus URL]
npm run soak -- --hostile [--minutes N] [--scale S]

Kills a server under full load with SIGKILL, 60 times by default, and checks the pokes that its gateway received against the
guarantees. The same seed gives the same moments. With postgres a temporary cluster is started.

With --cluster seven processes with different roles share a temporary PostgreSQL cluster, behind a load balancer. First they write at the same
time: 10,000 transaction ids that two processes get at once, and 10,000 mixed writes. Then processes of all roles are killed, or stopped for 2 to 14 s, 100
times by default. The pokes of some pushers go through the push gateways among them. Without the time in which a process of the pusher may have
been dead, 3 s after each kill and 13 s after each stop, no poke or push may be later than 5 s. The outage of one process may explain 15 s of a delay at
most; what several outages in a row explain is reported. All pokes that are later than 15 s are described. --bus names another bus than that of PostgreSQL,
such as nats://127.0.0.1:4222.

With --hostile it runs all attacks on the limits of one default server concurrently, for ten minutes by default, and reports the
latencies of ordinary users. Scale 1 is the size that stopped a server without limits, or filled its disk.

The last line contains the figures as JSON. The exit code is 1 if a guarantee was broken.`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string' },
      cluster: { type: 'boolean', default: false },
      writes: { type: 'string', default: '10000' },
      bus: { type: 'string', default: '' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      database: { type: 'string', default: 'sqlite' },
      'longest-life': { type: 'string', default: '1200' },
      hostile: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '10' },
      scale: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const kills = Number(values.kills ?? (values.cluster ? '100' : '60'))
  const writes = Number(values.writes)
  const seed = Number(values.seed)
  const longestLife = Number(values['longest-life'])
  const [minutes, scale] = [Number(values.minutes), Number(values.scale)]
  const isUsable =
    [kills, seed, longestLife, writes].every((value) => Number.isInteger(value) && value >= 0) &&
    minutes > 0 &&
    scale > 0
  if (values.help || !isUsable || !['sqlite', 'postgres'].includes(values.database)) {
    console.log(USAGE)
    return values.help ? 0 : 2
  }
  if (values.hostile) return hostile(minutes, scale)
  const kind = values.cluster ? 'several processes' : values.database
  console.log(`seed ${seed}, ${kills} kills, ${kind}`)
  if (values.cluster) return severalProcesses({ seed, kills, writes, longestLife }, values.bus)
  const data = dataFolder()
  const isSqlite = values.database === 'sqlite'
  const database = isSqlite ? `sqlite:${join(data, 'belfry.db')}` : await newDatabase()
  if (database === undefined) return 1
  return report({ seed, kills, data, database, longestLife })
}

/** Removed at the end of this process. */
function dataFolder(): string {
  const data = mkdtempSync(join(tmpdir(), 'belfry-soak-'))
  process.once('exit', () => rmSync(data, { recursive: true, force: true }))
  return data
}

/**
 * Starts a PostgreSQL cluster that stops at the end of this process. Resolves to the URL of a database in it;
 * to undefined where PostgreSQL is not installed.
 */
async function newDatabase(): Promise<string | undefined> {
  const cluster = startCluster()
  if ('missing' in cluster) {
    console.error(cluster.missing)
    return undefined
  }
  process.once('exit', cluster.stop)
  return emptyPostgresUrl(cluster.url)
}

async function severalProcesses(
  options: Pick<ClusterRun, 'seed' | 'kills' | 'writes' | 'longestLife'>,
  bus: string,
): Promise<number> {
  const begun = Date.now()
  const database = await newDatabase()
  if (database === undefined) return 1
  const result = await clusterRun({
    ...options,
    database,
    settings: bus === '' ? {} : { BELFRY_CLUSTER_BUS: bus },
    onPhase: (text) => void process.stdout.write(`\r${text.padEnd(70)}`),
  })
  console.log()
  const seconds = Math.round((Date.now() - begun) / 1000)
  return conclude('cluster', { seed: options.seed, seconds }, result)
}

/**
 * Before the attacks, ordinary users are measured alone: for a tenth of the time of the attacks, and at most
 * for a minute.
 */
async function hostile(minutes: number, scale: number): Promise<number> {
  const data = dataFolder()
  const attackMs = minutes * 60_000
  const aloneMs = Math.min(60_000, attackMs / 10)
  console.log(`attacks for ${minutes} min at scale ${scale}, after ${Math.round(aloneMs / 1000)} s without`)
  const result = await hostileRun({ data, aloneMs, attackMs, scale, patienceMs: 120_000 })
  for (const { name, statuses } of result.attacks) console.log(`  ${name.padEnd(52)}${countsText(statuses)}`)
  return conclude('hostile', { minutes, scale }, result)
}

/** Status 0: the connection was refused or closed without a response. */
const countsText = (statuses: Readonly<Record<string, number>>) =>
  Object.entries(statuses)
    .map(([status, count]) => `${status === '0' ? 'closed' : status}: ${count}`)
    .join(', ')

function conclude(
  name: string,
  asked: Record<string, number>,
  {
    problems,
    details = [],
    figures,
  }: { problems: readonly string[]; details?: readonly string[]; figures: Record<string, number> },
): number {
  for (const [title, value] of Object.entries(figures)) console.log(`  ${title.padEnd(28)}${value}`)
  for (const problem of problems) console.log(`BROKEN  ${problem}`)
  for (const line of details) console.log(`        ${line}`)
  if (problems.length === 0) console.log('All guarantees hold.')
  console.log(JSON.stringify({ [name]: { ...asked, ...figures, broken: problems.length } }))
  return problems.length === 0 ? 0 : 1
}

async function report({ data, ...options }: Omit<CrashRun, 'target'> & { data: string }): Promise<number> {
  const begun = Date.now()
  await using target = oneServer({ data, database: options.database })
  const result = await crashRun({
    ...options,
    target,
    onKill: ({ kills, sent, pokes }) =>
      process.stdout.write(`\r${kills} kills, ${sent} messages acknowledged, ${pokes} pokes `),
  })
  console.log()
  const seconds = Math.round((Date.now() - begun) / 1000)
  return conclude('soak', { seed: options.seed, seconds }, result)
}

// The default action of a signal would leave the servers, PostgreSQL and the data behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]))

process.exitCode = await main()
