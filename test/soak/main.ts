import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newPostgresUrl } from '../support/databases.ts'
import { startCluster } from '../support/postgres.ts'
import { crashRun } from './crash-run.ts'

const USAGE = `npm run soak -- [--kills N] [--seed N] [--database sqlite|postgres] [--longest-life MS]

Kills a server that is sending at full speed with SIGKILL, 60 times unless told otherwise, and holds what its gateway has
seen against what was promised. The same seed chooses the same moments. With postgres a throw-away cluster is started.
The last line is the figures as one line of JSON; the exit code is 1 when a promise was broken.`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      database: { type: 'string', default: 'sqlite' },
      'longest-life': { type: 'string', default: '1200' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const kills = Number(values.kills)
  const seed = Number(values.seed)
  const longestLife = Number(values['longest-life'])
  const isUsable = [kills, seed, longestLife].every((value) => Number.isInteger(value) && value >= 0)
  if (values.help || !isUsable || !['sqlite', 'postgres'].includes(values.database)) {
    console.log(USAGE)
    return values.help ? 0 : 2
  }
  console.log(`seed ${seed}, ${kills} kills, ${values.database}`)
  const data = mkdtempSync(join(tmpdir(), 'belfry-soak-'))
  const cluster = values.database === 'postgres' ? startCluster() : undefined
  try {
    if (cluster && 'missing' in cluster) {
      console.error(cluster.missing)
      return 1
    }
    const database = cluster ? await newPostgresUrl(cluster.url) : `sqlite:${join(data, 'belfry.db')}`
    // A lease of a process that died on PostgreSQL has to run out before its pushers are gone on with.
    const patience = cluster ? { patienceMs: 150_000, mostOwed: 30_000 } : {}
    return await report({ seed, kills, data, database, longestLife, ...patience })
  } finally {
    if (cluster && 'stop' in cluster) cluster.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

async function report(options: Parameters<typeof crashRun>[0]): Promise<number> {
  const begun = Date.now()
  const { problems, figures } = await crashRun({
    ...options,
    onKill: ({ kills, sent, pokes }) =>
      process.stdout.write(`\r${kills} kills, ${sent} messages acknowledged, ${pokes} pokes `),
  })
  console.log()
  for (const [name, value] of Object.entries(figures)) console.log(`  ${name.padEnd(22)}${value}`)
  for (const problem of problems) console.log(`BROKEN  ${problem}`)
  if (problems.length === 0) console.log('Every promise was kept.')
  const seconds = Math.round((Date.now() - begun) / 1000)
  console.log(JSON.stringify({ soak: { seed: options.seed, seconds, ...figures, broken: problems.length } }))
  return problems.length === 0 ? 0 : 1
}

process.exitCode = await main()
