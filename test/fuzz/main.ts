import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { commandFor, fuzz } from './fuzz.ts'
import type { FuzzTarget } from './fuzz-target.ts'
import { TARGETS } from './targets.ts'

const USAGE = `npm run fuzz -- [--minutes N] [--seed N] [--only NAME …] [--path PATH]
npm run fuzz -- --properties [--times N] [--seed N]

Tries random values at every parser of what comes from outside, for ten minutes by default, or at those that --only names. A value for
which one is wrong is made as small as possible and printed with the command that tries it again. The same seed gives the same values.

With --properties it runs the property tests of the suite with another seed, and 20 times as many values by default.

${TARGETS.map(({ name, about }) => `  ${name.padEnd(20)}${about}`).join('\n')}

The exit code is 1 if a parser was wrong.`

/** Each parser gets this time in a round, and each round has its own seed. */
const SLICE_MS = 2000
const ROUND_STEP = 7919

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string', multiple: true, default: [] },
      path: { type: 'string' },
      properties: { type: 'boolean', default: false },
      times: { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [minutes, seed, times] = [Number(values.minutes), Number(values.seed), Number(values.times)]
  const unknown = values.only.filter((name) => !TARGETS.some((target) => target.name === name))
  if (unknown.length > 0) console.error(`fuzz: there is no parser ${unknown.join(', ')}\n`)
  const isUsable = Number.isInteger(seed) && minutes > 0 && times > 0 && unknown.length === 0
  if (values.help || !isUsable) {
    console.log(USAGE)
    return values.help ? 0 : 2
  }
  if (values.properties) return properties(seed, times)
  const targets = TARGETS.filter(({ name }) => values.only.length === 0 || values.only.includes(name))
  console.log(`seed ${seed}`)
  return values.path === undefined
    ? rounds(targets, { seed, minutes })
    : again(targets, { seed, path: values.path })
}

async function rounds(
  targets: readonly FuzzTarget[],
  { seed, minutes }: { seed: number; minutes: number },
): Promise<number> {
  const end = performance.now() + minutes * 60_000
  const tried = new Map<string, number>()
  const faulty = new Set<string>()
  for (let round = 0; performance.now() < end && faulty.size < targets.length; round++) {
    for (const target of targets) {
      const ms = Math.min(SLICE_MS, end - performance.now())
      if (ms <= 0 || faulty.has(target.name)) continue
      const { count, fault } = await fuzz(target, { seed: seed + round * ROUND_STEP, ms })
      tried.set(target.name, (tried.get(target.name) ?? 0) + count)
      if (fault === undefined) continue
      faulty.add(target.name)
      console.log(
        `\n${target.name} is wrong for ${fault.value}\n${fault.error}\n\n  ${commandFor(target.name, fault)}`,
      )
    }
  }
  for (const [name, count] of tried)
    console.log(`${faulty.has(name) ? 'WRONG ' : 'right '} ${name.padEnd(20)} ${count} values`)
  return faulty.size === 0 ? 0 : 1
}

async function again(
  targets: readonly FuzzTarget[],
  { seed, path }: { seed: number; path: string },
): Promise<number> {
  const faults = await Promise.all(
    targets.map(async (target) => (await fuzz(target, { seed, path, count: 1 })).fault),
  )
  for (const fault of faults) if (fault !== undefined) console.log(`${fault.value}\n${fault.error}`)
  return faults.some((fault) => fault !== undefined) ? 1 : 0
}

/** The tests of the suite that use fast-check. */
function properties(seed: number, times: number): number {
  const files = globSync('test/**/*.test.ts').filter((file) =>
    /fast-check|support\/property/.test(readFileSync(file, 'utf8')),
  )
  console.log(
    `${files.length} files, ${times} times the values, seed ${seed}: TEST_SEED=${seed} TEST_TIMES=${times} npm test -- FILE repeats one`,
  )
  const env = { ...process.env, TEST_SEED: String(seed), TEST_TIMES: String(times) }
  const { status } = spawnSync(
    process.execPath,
    ['scripts/bootstrap.mjs', 'test', '--test-timeout=3600000', ...files],
    { stdio: 'inherit', env },
  )
  return status ?? 1
}

process.exitCode = await main()
