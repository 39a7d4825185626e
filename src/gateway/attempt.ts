import type { Random } from '../lib/ids.ts'
import type { Pass } from '../sending/circuits.ts'
import { isFailure } from '../sending/result.ts'
import { retryWaitMs } from '../sending/transition.ts'
import type { Apps } from './apps.ts'
import {
  exchange,
  type ExchangeDeps,
  isCutOff,
  type Job,
  reportAttempt,
  logCircuitChange,
} from './exchange.ts'
import type { Write } from './provider.ts'
import type { Queue } from './queue.ts'
import { laneKeyOf } from './queue-store.ts'
import { stepOf } from './step.ts'

/** What follows a first attempt. `later`: retry at `at` or later, after `attempts` attempts. */
export type SettledAttempt =
  /** `write`: see `ProviderResult`. */
  | { kind: 'delivered'; write?: Write | undefined }
  /** `isWithoutRequest`: no request was made, and a repeat would get the same result. */
  | { kind: 'rejected' | 'refused'; isWithoutRequest?: boolean }
  | { kind: 'later'; at: number; attempts: number; error: string | null }

export type AttemptDeps = ExchangeDeps & {
  /** The apps of the current configuration. */
  apps: () => Apps
  random: Random
  queue: Pick<Queue, 'advance'>
}

/** A first attempt. `withdraw` is set while it waits for a slot: it ends the wait, and the notification is queued. */
export type FirstAttempt = Job & { withdraw?: () => void }

/** Waits for a slot on the line and makes one attempt. Never rejects. */
export async function attempt(deps: AttemptDeps, job: FirstAttempt): Promise<SettledAttempt> {
  // The configuration may have changed since the job was created.
  const app = deps.apps().find(job.device.app_id)
  if (typeof app === 'string')
    return { kind: 'later', at: deps.clock.now(), attempts: job.attempts, error: null }
  job.app = app
  const release = app.use()
  try {
    return await attemptBy(deps, job)
  } finally {
    release()
  }
}

async function attemptBy(deps: AttemptDeps, job: FirstAttempt): Promise<SettledAttempt> {
  const { app, line, attempts } = job
  const requestedAt = deps.clock.now()
  const { admission, withdraw } = app.circuits.enter(line, { key: laneKeyOf(job) })
  job.withdraw = withdraw
  const admitted = admission instanceof Promise ? await deps.metrics.waited(app, admission) : admission
  delete job.withdraw
  const now = deps.clock.now()
  if (admitted.kind !== 'go') {
    deps.report(stepOf(job, { outcome: 'queued', reason: `line ${admitted.kind}`, at: now }))
    return { kind: 'later', at: now, attempts, error: null }
  }
  deps.metrics.queued(app, now - requestedAt)
  const { pass } = admitted
  try {
    return await settle(deps, job, pass)
  } finally {
    app.circuits.leave(pass)
  }
}

async function settle(deps: AttemptDeps, job: FirstAttempt, pass: Pass): Promise<SettledAttempt> {
  const { app } = job
  const exchanged = await exchange(deps, job)
  const { result, believed, evidence, write } = exchanged
  const { news, released } = app.circuits.report(pass, { evidence, reason: result.reason })
  void deps.queue.advance(released)
  logCircuitChange(deps.log, news, { app, evidence, result })
  const at = deps.clock.now()
  if (!isFailure(believed)) {
    reportAttempt(deps.report, job, { exchanged, at })
    if (believed.kind === 'delivered') return { kind: 'delivered', write }
    return { kind: believed.kind, isWithoutRequest: result.status === undefined }
  }
  if (isCutOff(deps, exchanged)) return { kind: 'later', at, attempts: job.attempts, error: null }
  const attempts = job.attempts + 1
  const requestedWaitMs = believed.kind === 'retry' ? believed.retryAfterMs : undefined
  const nextAttemptAt = at + retryWaitMs(attempts, requestedWaitMs, deps.random)
  reportAttempt(deps.report, job, { exchanged, at, nextAttemptAt })
  if (nextAttemptAt >= job.expiresAt) return { kind: 'refused' }
  return { kind: 'later', at: nextAttemptAt, attempts, error: result.reason }
}
