import { fork } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { percentile } from '../../../bench/support/stats.ts'
import { residentMiB } from '../../../bench/support/processes.ts'
import { launchProcess } from '../../support/process.ts'
import { startLoggingGateway } from '../gateway.ts'
import { seededRandom } from '../seeded-random.ts'
import type { AttackReport } from './attacks.ts'
import type { AttackOrder } from './attackers-process.ts'
import { pause } from './caller.ts'
import { type Measured, type Ordinary, createOrdinaryUsers } from './ordinary.ts'

const ATTACKERS = fileURLToPath(new URL('attackers-process.ts', import.meta.url))

export type HostileRun = {
  data: string
  /** How long ordinary users are measured alone, for comparison, and how long with attacks. */
  aloneMs: number
  attackMs: number
  /** 1 is the size that stopped a server without limits, or filled its disk. */
  scale: number
  /** Expected pokes that do not arrive within this time after the attacks are lost. */
  patienceMs: number
}

export type HostileRunResult = {
  /** One sentence each; empty if all guarantees hold. */
  problems: string[]
  figures: Record<string, number>
  attacks: AttackReport[]
}

const LOOK_MS = 500

/**
 * Runs a server with its default limits in a separate process, with ordinary users alone and then with all
 * attacks at once. A lost poke, a refused request of an ordinary user, a 5xx response and a server that has
 * ended are problems. Latencies and sizes are figures. The server validates its responses, as in all tests;
 * rejects if one does not match the schemas of its route.
 */
export async function hostileRun(run: HostileRun): Promise<HostileRunResult> {
  await using gateway = await startLoggingGateway(seededRandom(1))
  // `launchProcess` turns the rate limits off; this turns them on again.
  const server = launchProcess({
    data: run.data,
    settings: {
      BELFRY_RATE_LIMITS_ENABLED: 'true',
      BELFRY_PRESENCE_ENABLED: 'true',
      FULL_PASSWORD_COST: 'yes',
    },
  })
  try {
    const url = await server.ready
    const ordinary = await createOrdinaryUsers(url, gateway)
    const alone = await ordinary.use(AbortSignal.timeout(run.aloneMs))
    const memory = watchMemory(server.pid)
    const ending = AbortSignal.timeout(run.attackMs)
    const [attacks, beside] = await Promise.all([
      attackUntil(ending, { url, victim: ordinary.victim, scale: run.scale }),
      ordinary.use(ending),
    ])
    await waitForExpectedPokes(ordinary, run.patienceMs)
    const isAlive = (await fetch(`${url}/health`).catch(() => undefined))?.status === 200
    return {
      problems: problemsOf(ordinary, attacks, isAlive),
      figures: {
        ...figuresOf('alone', alone),
        ...figuresOf('beside', beside),
        lost: ordinary.owed().length,
        peakMiB: Math.round(memory.end()),
        dataMiB: Math.round(sizeOf(run.data) / 2 ** 20),
      },
      attacks,
    }
  } finally {
    await server.end('SIGKILL')
  }
}

function problemsOf(ordinary: Ordinary, attacks: readonly AttackReport[], isAlive: boolean): string[] {
  return [
    ...ordinary.owed().map((poke) => `lost: ${poke}`),
    ...[...ordinary.refused].map(([what, count]) => `an ordinary user got ${count} × ${what}`),
    ...attacks.flatMap(({ name, violations }) => violations.map((one) => `${name}: ${one}`)),
    ...(isAlive ? [] : ['/health does not return 200 after the attacks']),
  ]
}

/** Starts the attackers' process, and stops the attacks when the signal ends. */
function attackUntil(ending: AbortSignal, order: AttackOrder): Promise<AttackReport[]> {
  const attackers = fork(ATTACKERS)
  return new Promise((resolve, reject) => {
    attackers.on('message', (reports: AttackReport[]) => resolve(reports))
    attackers.on('exit', (code) => reject(new Error(`the attackers ended with ${code} before their report`)))
    ending.addEventListener('abort', () => attackers.connected && attackers.send('end'), { once: true })
    attackers.send(order)
  })
}

/** Waits until no poke is expected, at most `patienceMs`. */
async function waitForExpectedPokes(ordinary: Ordinary, patienceMs: number): Promise<void> {
  const patience = AbortSignal.timeout(patienceMs)
  while (ordinary.owed().length > 0 && !patience.aborted) await pause(LOOK_MS, patience)
}

function watchMemory(pid: number): { end(): number } {
  let peak = residentMiB(pid)
  const timer = setInterval(() => (peak = Math.max(peak, residentMiB(pid) || 0)), LOOK_MS)
  return {
    end() {
      clearInterval(timer)
      return peak
    },
  }
}

const figuresOf = (when: string, { sends, pokes, others }: Measured) => ({
  [`${when} messages`]: sends.length,
  [`${when} send p50 ms`]: Math.round(percentile(sends, 0.5)),
  [`${when} send p99 ms`]: Math.round(percentile(sends, 0.99)),
  [`${when} send to poke p99 ms`]: Math.round(percentile(pokes, 0.99)),
  [`${when} other p99 ms`]: Math.round(percentile(others, 0.99)),
})

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true })
    .map((name) => statSync(join(folder, String(name))))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)
}
